"""Words of spring and of autumn in one text."""

import pytest

from poetry.composing.seasons import clash


@pytest.mark.parametrize(
    "text",
    [
        "寒雪萧萧晓露凉，秋风吹尽海棠香。",
        "谁家砧杵催归兴，满院梨花落牡丹。",
        "誰家砧杵催歸興，滿院梨花落牡丹。",
        "绿阴红叶落黄菊，春晚只愁肠断处。",
    ],
)
def test_a_text_of_both_seasons_clashes(text):
    assert clash(text) > 0.9


@pytest.mark.parametrize(
    "text",
    [
        "",
        "故人西辞黄鹤楼，烟花三月下扬州。",
        "月落乌啼霜满天，江枫渔火对愁眠。",  # autumn alone
        "春色满园关不住，一枝红杏出墙来。",  # spring alone
        "窗含西岭千秋雪，两个黄鹂鸣翠柳。",  # 千秋 is of no season
    ],
)
def test_a_text_of_one_season_or_none_does_not(text):
    assert clash(text) < 0.1


def test_a_pair_of_characters_in_the_table_counts_instead_of_them():
    assert clash("秋千。柳。") == 0 < clash("秋风。柳。")
