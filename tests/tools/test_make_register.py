"""The table of the register of hymns and doctrine."""

import pytest
from test_tools import tool

from poetry.text.chinese_poetry import Raw


@pytest.mark.parametrize(
    ("author", "title", "kind"),
    [
        ("郊廟朝會歌辭", "送神", "hymn"),
        ("不詳", "郊廟歌辭 飲福", "hymn"),
        ("釋道寧", "偈六十三首", "gatha"),
        ("張伯端", "絕句", "alchemy"),
        ("釋道潜", "臨平道中", "monk"),
        ("李白", "静夜思", "other"),
    ],
)
def test_the_kind_of_a_poem_is_in_its_heading(author, title, kind):
    assert tool("make_register").kind(Raw("", title, author=author)) == kind


def test_the_kinds_weigh_the_same_and_other_poems_by_monks_are_left_out():
    poems = [("gatha", "佛山。")] * 900 + [("hymn", "祀山。")] * 100 + [("alchemy", "丹山。")] * 100
    odds = tool("make_register").log_odds([*poems, ("other", "山水。"), ("monk", "佛水。")])
    assert odds.keys() == set("佛祀丹") and odds["佛"] == pytest.approx(odds["祀"])
