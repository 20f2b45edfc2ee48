"""Words of two seasons, or of two hours, in one text."""

import pytest

from poetry.composing.scene import clash


@pytest.mark.parametrize(
    "text",
    [
        "寒雪萧萧晓露凉，秋风吹尽海棠香。",
        "谁家砧杵催归兴，满院梨花落牡丹。",
        "誰家砧杵催歸興，滿院梨花落牡丹。",
        "绿阴红叶落黄菊，春晚只愁肠断处。",
        "檐月初圆照夜凉，夕阳斜倚小窗光。",
        "月落潮生水自流，断桥斜日映汀洲。",
    ],
)
def test_a_text_of_two_scenes_clashes(text):
    assert clash(text) > 0.9


@pytest.mark.parametrize(
    "text",
    [
        "",
        "故人西辞黄鹤楼，烟花三月下扬州。",
        "月落乌啼霜满天，江枫渔火对愁眠。",  # autumn and night
        "春色满园关不住，一枝红杏出墙来。",  # spring
        "窗含西岭千秋雪，两个黄鹂鸣翠柳。",  # 千秋 is of no season
        "三月残花落更开，小檐日日燕飞来。夕阳。",  # 三月 of no hour
    ],
)
def test_a_text_of_one_scene_does_not(text):
    assert clash(text) < 0.1


def test_clashes_of_seasons_and_of_hours_add_up():
    season, hour = clash("秋风。桃花。"), clash("夕阳。夜。")
    assert season and hour and clash("秋风。桃花。夕阳。夜。") == pytest.approx(season + hour)


def test_a_pair_of_characters_in_the_table_counts_instead_of_them():
    assert clash("秋千。柳条。") == 0 < clash("秋风。柳条。")
