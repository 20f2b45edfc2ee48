import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poetry.form import COMMA, MARKS, SENTENCE_ENDS, characters, couplets, is_well_formed, layout, verse_lines

QUATRAIN = "云门春雨歇，山寺晚钟迟。独坐看归鸟，何人问旧诗？"

texts = st.text("花月云山" + MARKS, max_size=40)


def test_the_marks():
    assert set(MARKS) == set("，。？！；") and len(MARKS) == 5
    assert COMMA not in SENTENCE_ENDS


@pytest.mark.parametrize(
    ("text", "lines", "pairs"),
    [
        ("", [], []),
        ("，。", [], ["，。"]),
        ("花月", ["花月"], []),
        ("花，月。", ["花", "月"], ["花，月。"]),
        ("花？月！云；山", ["花", "月", "云", "山"], ["花？", "月！", "云；"]),
        (
            QUATRAIN,
            ["云门春雨歇", "山寺晚钟迟", "独坐看归鸟", "何人问旧诗"],
            ["云门春雨歇，山寺晚钟迟。", "独坐看归鸟，何人问旧诗？"],
        ),
    ],
)
def test_lines_and_couplets(text, lines, pairs):
    assert verse_lines(text) == lines
    assert couplets(text) == pairs
    assert characters(text) == "".join(lines)


@given(texts)
@settings(deadline=None)
def test_couplets_lose_only_an_open_end(text):
    whole = "".join(couplets(text))
    rest = text.removeprefix(whole)
    assert text.startswith(whole) and not set(rest) & set(SENTENCE_ENDS)
    assert all(
        pair[-1] in SENTENCE_ENDS and not set(pair[:-1]) & set(SENTENCE_ENDS) for pair in couplets(text)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (QUATRAIN, True),
        (QUATRAIN.replace("。", "；"), True),
        ("花月，云山。", True),
        ("", False),
        ("花月", False),
        ("花月。", False),  # one line
        ("花月，云山", False),  # no end
        ("花月，云山，", False),
        ("花月，云。", False),  # lines of two lengths
        ("花，月，云。", False),  # three lines
        ("花。月，云。山。", True),  # a question may end within a couplet
        ("花，月。云，山，花，月。", True),
        ("花，，月。", False),  # a mark too many
        ("，花，月。", False),
    ],
)
def test_well_formed(text, expected):
    assert is_well_formed(text) is expected


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("", ""),
        ("，。", ""),
        ("花", "花。"),
        ("花，", "花。"),
        ("花？", "花？"),
        ("，花，月", "花，月。"),
        ("花，，月。。云", "花，月。\n云。"),
        (QUATRAIN, "云门春雨歇，山寺晚钟迟。\n独坐看归鸟，何人问旧诗？"),
    ],
)
def test_layout(text, printed):
    assert layout(text) == printed


@given(texts)
@settings(deadline=None)
def test_layout_keeps_every_character_and_ends_every_line(text):
    lines = layout(text).splitlines()
    assert "".join(map(characters, lines)) == characters(text)
    for line in lines:
        assert line[0] not in MARKS and line[-1] in SENTENCE_ENDS
        assert all(not (a in MARKS and b in MARKS) for a, b in zip(line, line[1:], strict=False))
    assert layout("".join(lines)) == "\n".join(lines)
