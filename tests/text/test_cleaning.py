import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poetry.text.cleaning import Dropped, clean, clean_title
from poetry.verse.form import MARKS, SENTENCE_ENDS


@pytest.mark.parametrize(
    ("raw", "poem"),
    [
        ("春風過，雲門開。", "春风过，云门开。"),
        # notes: the shortest match, also within one another, with either kind of bracket
        ("春（一作秋）風過，雲（一作山）門開。", "春风过，云门开。"),
        ("春（一作「秋」）風過，雲門開。（《集》卷一。）。", "春风过，云门开。"),
        ("春（一作（又作夏）秋）風過，雲門開。", "春风过，云门开。"),
        ("春(一作秋)風過，雲（一作山)門開。", "春风过，云门开。"),
        ("春〖1〗風過，雲〖一作山〗門開。", "春风过，云门开。"),
        ("春風過，（下缺）雲門開。", "春风过，云门开。"),
        # brackets and quotes about characters that stay
        ("「春風過，『雲門』開。」", "春风过，云门开。"),
        ("《春風》過，〈雲門〉開。", "春风过，云门开。"),
        ("“春”風‘過’，雲[門]開。", "春风过，云门开。"),
        # the numbers of footnotes
        ("春風[一]過[一二]，雲門開[一○]。", "春风过，云门开。"),
        ("春風1過，雲２門3開。4", "春风过，云门开。"),
        ("春風/過-，雲|門=開 。", "春风过，云门开。"),
        ("春 風　過，\n雲門\t開。", "春风过，云门开。"),
        # marks
        ("春風過，，雲門開。。", "春风过，云门开。"),
        ("春風過，。雲門開？。", "春风过。云门开？"),
        ("春風過、雲門開！，", "春风过，云门开！"),
        ("春風過：「雲門開。」。", "春风过，云门开。"),
        ("春風過,雲門開?", "春风过，云门开？"),
        ("春風過;雲門開!", "春风过；云门开！"),
        ("春風過，雲門開", "春风过，云门开。"),
        ("春風過，雲門開，", "春风过，云门开。"),
        ("。，春風過，雲門開。", "春风过，云门开。"),
        ("春風過，（注）。（注）", "春风过。"),
        # variants
        ("呌逈髪鏁隣臯粧。", "叫迥发锁邻皋妆。"),
        ("乾坤乾燥。", "乾坤干燥。"),
        # simplified, these two lie outside the basic plane
        ("大車無輗，小車無軏。", "大车无輗，小车无軏。"),
        ("䓗。", "䓗。"),  # of extension A
        (
            "﨎﨏﨓﨔﨟﨡﨣﨤﨧﨨﨩。",
            "﨎﨏﨓﨔﨟﨡﨣﨤﨧﨨﨩。",
        ),  # their block is another one, but they are unified
        ("﨑。", "崎。"),
        ("邊邉，隱隠。鬰頼鶑髙馿閙寛，懐逺艶穏羮。", "边边，隐隐。郁赖莺高驴闹宽，怀远艳稳羹。"),
        ("（" * 3 + "注（注）" + "）" * 3 + "春風過。", "春风过。"),
        ("（〖）春風過。（〖注〗）", "春风过。"),
    ],
)
def test_clean(raw, poem):
    assert clean(raw) == poem
    assert clean(clean(raw)) == poem


def test_clean_leaves_traditional_characters_where_it_is_told_to():
    assert clean("呌髪（一作發）隣，雲門開。", str) == "叫髮鄰，雲門開。"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("春□過，雲門開。", "lost or described characters"),
        ("春[□]過，雲門開。", "lost or described characters"),
        ("春○過，雲門開。", "lost or described characters"),
        ("春●過，雲門開。", "lost or described characters"),
        ("春……，雲門開。", "lost or described characters"),
        ("春{亻風}過，雲門開。", "lost or described characters"),
        ("春⿰亻風過，雲門開。", "lost or described characters"),
        ("春\ufffd過，雲門開。", "lost or described characters"),
        ("春囗過，雲門開。", "lost or described characters"),
        ("囗囗囗，雲門開。", "lost or described characters"),
        ("春■過，雲門開。", "lost or described characters"),
        ("春▢過，雲門開。", "lost or described characters"),
        ("春◇過，雲門開。", "lost or described characters"),
        ("春×過，雲門開。", "lost or described characters"),
        ("春Ｘ過，雲門開。", "lost or described characters"),
        ("春x過，雲門開。", "lost or described characters"),
        ("春風過，雲門開。（下缺", "brackets that do not match"),
        ("春風過，雲門開。）", "brackets that do not match"),
        ("春【風】過，雲門開。", "brackets that do not match"),
        ("春𠀀過，雲門開。", "characters outside the basic plane"),
        ("春\ue829過，雲門開。", "foreign characters"),
        ("春の風。", "foreign characters"),
        ("春\ud800風。", "foreign characters"),
        ("春〇風。", "foreign characters"),
        ("", "empty"),
        ("。", "empty"),
        ("（缺）。", "empty"),
    ],
)
def test_unsound_poems_are_dropped(raw, reason):
    with pytest.raises(Dropped) as caught:
        clean(raw)
    assert str(caught.value) == reason


PIECES = [
    "春風",
    "雲",
    "門",
    "髪",
    "呌",
    "（一作）",
    "（",
    "）",
    "〖1〗",
    "[一]",
    "[",
    "「",
    "」",
    "《",
    "1",
    "２",
]
PIECES += [
    "，",
    "。",
    "？",
    "！",
    "；",
    "、",
    "：",
    ",",
    "?",
    " ",
    "\u3000",
    "\n",
    "□",
    "𠀀",
    "a",
    "\ue000",
    "[晏]",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_what_is_left_is_characters_and_single_marks(raw):
    try:
        poem = clean(raw)
    except Dropped:
        return
    assert re.fullmatch(f"([\u3400-\u4dbf\u4e00-\u9fff]+[{MARKS}])+", poem)
    assert poem[-1] in SENTENCE_ENDS
    assert clean(poem) == poem


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("帝京篇十首 一", "帝京篇"),
        ("秋夜（一作月夜）寄丘員外", "秋夜寄丘员外"),
        ("春望", "春望"),
        ("□□二首", ""),
        ("送人 其二", "送人"),
        ("長" * 30, "长" * 16),
    ],
)
def test_titles(raw, title):
    assert clean_title(raw) == title


def test_brackets_within_brackets_take_no_time():
    depth = 200_000
    assert clean("（" * depth + "注" + "）" * depth + "春風過，雲門開。") == "春风过，云门开。"
