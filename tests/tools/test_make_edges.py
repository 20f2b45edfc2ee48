"""The table of characters that hardly open or end a line."""

from test_tools import tool


def test_characters_that_stand_at_an_edge_far_less_than_by_chance(monkeypatch):
    make_edges = tool("make_edges")
    monkeypatch.setattr(make_edges, "LEAST", 20)
    lines = ["山不水", "水不山", "者山水", "山水者"] * 20 + ["罕、"] * 2
    assert make_edges.edges(lines) == {"open": "不", "end": "不"}
    assert make_edges.edges([*["山水者", "山不水"] * 20, "者"]) == {"open": "水不", "end": "山不"}
