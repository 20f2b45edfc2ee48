"""The register of hymns, gathas and alchemy."""

import pytest

from poetry.composing.register import doctrine


@pytest.mark.parametrize(
    "text",
    [
        "玄者丹砂为素业，黄龙白骨不知名。有时炼作千年药，磨出铅刀一寸精。",
        "皇極東方降聖主，天兵南北信難通。王師萬國皆為德，堯舜千年永盛聰。",
        "禋祀丕禧睿贶覃飨。",
    ],
)
def test_hymns_and_doctrine_are_told_from_other_verse(text):
    plain = "故人西辞黄鹤楼，烟花三月下扬州。孤帆远影碧空尽，唯见长江天际流。"
    assert doctrine(text) > 0.1 and doctrine(plain) == 0
    assert doctrine("") == 0
