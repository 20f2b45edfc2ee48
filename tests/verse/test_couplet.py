import pytest

from poetry.verse.couplet import COUPLET, CoupletScheme, check_couplet
from poetry.verse.parallelism import score
from poetry.verse.places import Place

FIRST, SECOND = "两个黄鹂鸣翠柳", "一行白鹭上青天"


def faults(text):
    return [(fault.name, fault.line, fault.position) for fault in check_couplet(text).faults]


def test_a_sound_couplet_is_noted_with_its_score():
    report = check_couplet(f"{FIRST}，{SECOND}。")
    assert report.form is COUPLET and not report.faults
    (note,) = report.notes
    assert (note.name, note.line, note.detail) == ("对仗", 2, f"{score(FIRST, SECOND):.2f}")


@pytest.mark.parametrize(
    ("second", "found"),
    [
        ("一行白鹭上青", [("字数", 0, 0)]),
        ("一行白鹭上青天，山", [("句数", 0, 0)]),
        ("一行白鹭上青水", [("收尾", 2, 7)]),
        ("一行白鱼上青天", [("失对", 2, 4)]),
        ("一行白水上路天", [("失对", 2, 6)]),
        ("一行白鹂上青天", [("失对", 2, 4), ("重字", 2, 4)]),
        ("一行一鹭上青天", [("重字", 2, 3)]),
        ("一行白鹭上黄天", [("重字", 2, 6)]),
    ],
)
def test_what_is_wrong_is_named_with_its_place(second, found):
    assert faults(f"{FIRST}，{second}。") == found


def test_the_first_line_ends_oblique():
    assert faults("两个黄鹂鸣翠春，一行白鹭上青天。") == [("收尾", 1, 7)]
    assert [fault.name for fault in CoupletScheme("两个黄鹂鸣翠春").faults] == ["收尾"]
    assert CoupletScheme(FIRST).faults == ()


def test_characters_come_again_where_they_do_in_the_first_line():
    first = "风声雨声读书声声声入耳"
    assert faults(f"{first}，家事国事天下事事事关心。") == []
    assert faults(f"{first}，家事国地天下事事事关心。") == [("重字", 2, 4)]
    assert [fault.detail for fault in check_couplet("水水山山处处，晴雨雨雨时时。").faults][-3:-1] == [
        "晴 should come again, as 水 does in the first line",
        "雨 comes again, unlike 山 in the first line",
    ]


def test_the_places_of_an_answer():
    places = CoupletScheme("月月明花水").places
    assert len(places) == 12 and places[5].marks == "，" and places[11].marks == "。"
    assert places[6:11] == (
        Place(1, 0, answers=0),
        Place(1, 1, tone="P", repeats=6, answers=1),
        Place(1, 2, answers=2),
        Place(1, 3, tone="Z", answers=3),
        Place(1, 4, tone="P", answers=4),
    )
    assert not any(place.marks or place.answers is not None for place in places[:5])
