"""Readings of characters, patterns, and check_poem: rules against verse worked by hand."""

import json
import re
from importlib import resources

import pytest
from conftest import CORPUS, ROOT
from hypothesis import given
from hypothesis import strategies as st

from poetry.text import script
from poetry.text.cleaning import Dropped, clean
from poetry.verse import patterns, readings
from poetry.verse.form import FORMS, FREE, LONG_FORMS, find_form, recognise
from poetry.verse.patterns import SEQUENCES, misfits
from poetry.verse.prosody import Report, check_poem
from poetry.verse.readings import level_groups, rhyme_groups, tone_signs, tones
from poetry.verse.scheme import fitting_schemes

SHARED = ROOT.parent / "shared" / "chinese-poetry" / "全唐诗"

# --- readings ---


def test_the_table_is_small_and_whole():
    path = resources.files("poetry.verse.tables").joinpath("readings.tsv")
    assert len(path.read_bytes()) < 300_000
    table = readings.readings_table()
    assert len(table) > 15_000 and all(len(character) == 1 and groups for character, groups in table.items())
    assert all(len(set(groups)) == len(groups) for groups in table.values())
    used = set("".join(table.values()))
    assert set(readings.LEVEL_GROUPS) <= used and len(readings.LEVEL_GROUPS) == 30 and len(used) == 106


@pytest.mark.parametrize(
    ("expected", "characters"),
    [
        ("P", "风風何生松光春花天人山云雲来來时時年江能"),
        ("Z", "一八十白国國独獨月日水有是见見夜落雪竹石玉里后"),
        ("PZ", "看过過教吹为為中听聽思望重应應更相长長行难難论論胜勝叹嘆忘醒空强"),
        ("", "，a1😀é あ"),
    ],
)
def test_tones(expected, characters):
    for character in characters:
        assert "".join(sorted(tones(character))) == expected, character


LEVEL_CHARACTERS = """
东 东東风  冬 冬龙  江 江窗  支 时  微 归  鱼 鱼  虞 无  齐 西  佳 怀  灰 来杯  真 真春  文 云勤  元 门言魂
寒 寒看  删 山间  先 天烟聯  萧 箫  肴 交  豪 高  歌 歌过  麻 花  阳 霜  庚 生  青 青  蒸 灯能  尤 流  侵 心
覃 南  盐 帘  咸 衫凡
鱼麻 车  庚阳 行  支佳麻 涯
""".split()


@pytest.mark.parametrize(
    ("groups", "characters"), [*zip(LEVEL_CHARACTERS[::2], LEVEL_CHARACTERS[1::2], strict=True), ("", "一😀")]
)
def test_level_groups(groups, characters):
    for character in characters:
        assert level_groups(character) == set(groups), character


# Groups that a character lacked though rhyme books and verse have them, and those that it had.
SECOND_READINGS = """
崦 盐俭  懦 虞个  莉 支齐寘  椹 侵寝  跳 萧啸  桁 庚阳漾  挨 蟹贿佳  驔 俭覃  漩 先霰  拢 董江  稍 效肴
峨 歌哿  蹉 歌个  泡 肴效  櫜 豪皓  机 微支纸  只 纸陌支  巂 齐纸  勾 尤宥  旁 阳漾  雅 马麻  檐 盐勘
冰 蒸径  荫 沁侵  乡 阳漾  罢 纸蟹支
""".split()


@pytest.mark.parametrize(
    ("characters", "groups"), [*zip(SECOND_READINGS[::2], SECOND_READINGS[1::2], strict=True)]
)
def test_readings_that_books_and_verse_have(characters, groups):
    for character in characters:
        assert rhyme_groups(character) == set(groups), character


def test_readings_that_verse_never_uses_are_not_taken():
    for character in "冥风風生松光何师師帥儿龙同":
        assert tones(character) == tones({"帥": "月"}.get(character, "天")), character
    for character in "叟众眾衆信鼻到":
        assert tones(character) == {"Z"}, character


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("众生", "* P"),
        ("眾生", "* P"),
        ("衆生", "* P"),
        ("般若", "* Z"),
        ("琵琶", "* P"),
        ("屈信", "Z *"),
        ("群众", "P Z"),
    ],
)
def test_words_give_their_characters_tones(word, expected):
    found = readings.tones_in("天" + word)
    assert ["*" if len(tone) == 2 else "".join(tone) for tone in found] == ["P", *expected.split()]
    assert readings.tones_in(word[::-1])[-1] == tones(word[0])  # elsewhere its own


def test_a_word_excuses_a_tone_that_its_character_has_not_elsewhere():
    assert misfits("佛与众生一口吞", ".ZPP.ZP") == [] and misfits("佛与众人一口吞", ".ZPP.ZP") == [2]
    assert readings.tone_signs("佛与众生一口吞") == "Z**PZZP"


def test_words_are_of_two_characters_and_tell_of_one():
    path = resources.files("poetry.verse.tables").joinpath("compounds.tsv")
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    assert 20 < len(rows) < 200
    for word, groups in rows:
        assert len(word) == len(groups) == 2 and groups.count(".") == 1
        place = 1 - groups.index(".")
        assert groups[place] not in rhyme_groups(word[place])
        assert readings.is_level(groups[place]) or groups[place] in set(
            "".join(readings.readings_table().values())
        )


def test_oblique_groups_follow_the_level_ones():
    found = ["".join(sorted(rhyme_groups(character))) for character in "月雪白大外岁会去雨业肯"]
    assert found == ["月", "屑", "陌", "个泰", "泰", "霁", "泰", "御语", "遇麌", "洽", "迥"]


def test_dominant_tones():
    found = "".join(readings.dominant_tone(character) or "?" for character in "看过中不吹听教兴a")
    assert found == "PZPZPZPZ?"


@given(st.sampled_from(sorted(readings.readings_table())))
def test_a_dominant_tone_is_one_of_the_tones(character):
    assert readings.dominant_tone(character) in tones(character)
    assert level_groups(character) <= rhyme_groups(character)
    assert bool(level_groups(character)) == ("P" in tones(character))


def test_a_simplified_character_has_the_readings_of_what_it_stands_for():
    for traditional in "雲門風龍聽過萬還間劍魂聯頭歸":
        assert rhyme_groups(script.to_simplified(traditional)) >= rhyme_groups(traditional)


def test_neighbours():
    assert readings.NEIGHBOURS["东"] == set("东冬") and readings.NEIGHBOURS["尤"] == set("尤")
    assert readings.NEIGHBOURS["元"] == set("真文元寒删先")
    for group, others in readings.NEIGHBOURS.items():
        assert group in others and all(group in readings.NEIGHBOURS[other] for other in others)


# --- patterns ---

PATTERNS = {  # written out by hand
    ("wujue", "ABCD"): (".PPZZ", ".ZZPP", ".Z.PZ", "PP.ZP"),
    ("wujue", "CDAB"): (".Z.PZ", "PP.ZP", ".PPZZ", ".ZZPP"),
    ("wujue", "DBCD"): ("PP.ZP", ".ZZPP", ".Z.PZ", "PP.ZP"),
    ("wujue", "BDAB"): (".ZZPP", "PP.ZP", ".PPZZ", ".ZZPP"),
    ("qijue", "ABCD"): (".Z.PPZZ", ".P.ZZPP", ".P.Z.PZ", ".ZPP.ZP"),
    ("qijue", "BDAB"): (".P.ZZPP", ".ZPP.ZP", ".Z.PPZZ", ".P.ZZPP"),
}


@pytest.mark.parametrize(("name", "sequence"), PATTERNS)
def test_patterns(name, sequence):
    form = find_form(name)
    patterns = {scheme.sequence: scheme.tones for scheme in fitting_schemes(form, [""] * form.count)}
    assert patterns[sequence] == PATTERNS[name, sequence]


@pytest.mark.parametrize(
    ("sequence", "types"),
    [("ABCD", "ABCDABCD"), ("CDAB", "CDABCDAB"), ("DBCD", "DBCDABCD"), ("BDAB", "BDABCDAB")],
)
def test_eight_lines(sequence, types):
    assert patterns.line_types(sequence, 8) == types and patterns.line_types(sequence, 4) == sequence


@pytest.mark.parametrize(
    ("sequence", "five", "seven"),
    [
        ("ABCD", "平起首句不入韵", "仄起首句不入韵"),
        ("CDAB", "仄起首句不入韵", "平起首句不入韵"),
        ("DBCD", "平起首句入韵", "仄起首句入韵"),
        ("BDAB", "仄起首句入韵", "平起首句入韵"),
    ],
)
def test_openings(sequence, five, seven):
    assert (patterns.opening(sequence, 5), patterns.opening(sequence, 7)) == (five, seven)


# --- whole poems ---

RHYMES = "东风中空红"  # all of 东, level only
FILL = {"P": "春", "Z": "月"}


def verse(tails, rhymes=RHYMES, size=5, heads=None):
    """Verse of the given tones: 春 is level, 月 oblique; even lines, and a level first one, end in rhymes.

    Lines of seven begin as those that end in ``heads`` do (default: ``tails``).
    """
    rhymes = iter(rhymes)
    lines = []
    for ix, tail in enumerate(tails):
        line = tail.replace(".", "Z")
        if size == 7:
            line = "P" + ("Z" if (heads or tails)[ix][1] == "P" else "P") + line
        text = "".join(FILL[tone] for tone in line)
        lines.append(text[:-1] + next(rhymes) if line[-1] == "P" and (ix % 2 or ix == 0) else text)
    return "".join(line + ("。" if ix % 2 else "，") for ix, line in enumerate(lines))


TAILS = {"A": "PPPZZ", "B": "ZZZPP", "C": "ZZPPZ", "D": "PPZZP"}


def faults(report):
    return [(fault.name, fault.line, fault.position) for fault in report.faults]


def notes(report):
    return [(note.name, note.line) for note in report.notes]


@pytest.mark.parametrize("sequence", SEQUENCES)
@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_sequence_is_known_and_sound(form, sequence):
    types = patterns.line_types(sequence, form.count)
    text = verse([TAILS[kind] for kind in types], size=form.size)
    for report in (check_poem(text), check_poem(text, form)):
        assert report.regulated and report.form == form and not report.faults and not report.notes
        assert (report.sequence, report.rhyme) == (sequence, "东")
        assert "".join(line.type for line in report.lines) == types
        assert report.opening == patterns.opening(sequence, form.size)


@pytest.mark.parametrize("number", ["0", "1000"])
def test_the_sample_verse_is_sound_in_both_scripts(number):
    poems = json.loads((CORPUS / "全唐诗" / f"poet.tang.{number}.json").read_text(encoding="utf-8"))
    for poem in poems:
        for text in ("".join(poem["paragraphs"]), clean("".join(poem["paragraphs"]))):
            report = check_poem(text)
            assert report.regulated and not report.faults, (text, report.faults)


CDAB = [TAILS[kind] for kind in "CDAB"]
BDAB = [TAILS[kind] for kind in "BDAB"]

EIGHT = [TAILS[kind] for kind in "CDABCDAB"]
LONG = [TAILS[kind] for kind in "CDABCDABCD"]

# The sequence C D A B, one line replaced: the tones of its five characters, then what is found.
BROKEN = [
    # wrong tones
    (1, "ZPPPZ", [("失律", 1, 2)], []),
    (1, "ZZPPP", [("失律", 1, 5)], []),
    (2, "PZZZP", [("失律", 2, 2)], []),
    (2, "PPZPP", [("失律", 2, 4)], []),
    (3, "PPPPZ", [("失律", 3, 4)], []),
    (3, "PPPZP", [("失律", 3, 5)], []),
    (4, "ZZZZP", [("失律", 4, 4)], []),
    (4, "ZPZPP", [("失律", 4, 2)], []),
    (4, "ZZZPZ", [("失律", 4, 5)], []),
    (4, "ZZPZP", [("失律", 4, 3), ("失律", 4, 4)], []),
    # faults with names of their own
    (2, "ZPZZP", [("孤平", 2, 1)], []),
    (4, "ZZPPP", [("三平尾", 4, 3)], []),
    (4, "PZPPP", [("三平尾", 4, 3)], []),
    # sound lines in the wrong place
    (2, "ZZZPP", [("失对", 2, 2)], []),
    (3, "ZZPPZ", [("失粘", 3, 2)], []),
    (4, "PPZZP", [("失对", 4, 2)], []),
    # accepted, some with a note
    (3, "ZPPZZ", [], []),
    (3, "PPZPZ", [], [("拗救", 3)]),
    (3, "ZPZPZ", [("失律", 3, 1)], []),
    (3, "ZPZZZ", [], [("三仄尾", 3)]),
    (2, "ZPPZP", [], [("拗救", 2)]),
    (2, "PPPZP", [], []),
    (1, "PZZPZ", [], []),
    (1, "PZPZZ", [("失律", 1, 4)], []),  # 大拗 without rescue
    (1, "PZZZZ", [("失律", 1, 4)], []),
    (4, "PZZPP", [], []),
]


@pytest.mark.parametrize("size", [5, 7])
@pytest.mark.parametrize(("line", "tail", "found", "noted"), BROKEN)
def test_one_thing_broken(line, tail, found, noted, size):
    tails = [*CDAB[: line - 1], tail, *CDAB[line:]]
    misplaced = bool(found) and found[0][0] in ("失对", "失粘")
    rhymes = "天东风" if line == 1 and tail[-1] == "P" else RHYMES  # no rhyme, so it cannot be meant as one
    text = verse(tails, rhymes, size, heads=tails if misplaced else CDAB)
    shift = size - 5
    placed = [(name, at, position if misplaced else position + shift) for name, at, position in found]
    report = check_poem(text, find_form("wujue" if size == 5 else "qijue"))
    assert faults(report) == placed and notes(report) == noted
    rhymes_level = tail[-1] == "P" or line % 2
    assert check_poem(text) == (
        report if rhymes_level else Report(report.form, False, check_poem(text).lines)
    )


def test_a_rescue_in_the_next_line():
    tails = ["ZZPZZ", "PPPZP", "PPPZZ", "ZZZPP"]
    for first in ("ZZPZZ", "ZZZZZ"):
        report = check_poem(verse([first, *tails[1:]]))
        assert not report.faults and notes(report) == [("拗救", 1)]
    report = check_poem(verse(["ZZPZZ", "ZPPZP", *tails[2:]]))
    assert not report.faults and notes(report) == [("拗救", 1), ("拗救", 2)]


def test_the_second_character_of_seven_answers_the_fourth():
    text = verse(CDAB, size=7)
    assert faults(check_poem(text[0] + "月" + text[2:])) == [("失律", 1, 2)]


def test_a_couplet_in_the_wrong_place_is_one_fault():
    for types, found in [
        ("CDCD", [("失粘", 3, 2)]),
        ("ABAB", [("失粘", 3, 2)]),
        ("CDABABCD", [("失粘", 5, 2)]),
        ("CDABCDCD", [("失粘", 7, 2)]),
    ]:
        assert faults(check_poem(verse([TAILS[kind] for kind in types]))) == found


@pytest.mark.parametrize(
    ("tails", "rhymes", "found", "noted"),
    [
        (CDAB, "东天", [("出韵", 4, 5)], []),
        (CDAB, "东东", [("重韵", 4, 5)], []),
        (BDAB, "天东风", [("出韵", 1, 5)], []),
        (BDAB, "冬东风", [], [("借韵", 1)]),
        (BDAB, "东东风", [("重韵", 2, 5)], []),
        (BDAB, "东风东", [("重韵", 4, 5)], []),
    ],
)
def test_rhymes(tails, rhymes, found, noted):
    report = check_poem(verse(tails, rhymes), find_form("wujue"))
    assert faults(report) == found and notes(report) == noted


@pytest.mark.parametrize(
    ("tails", "rhymes", "found"),
    [
        (CDAB, "东天", ["天 is of 先, 东 in line 2 of 东; they do not rhyme"]),
        (CDAB, "东冬", ["冬 is of 冬, 东 in line 2 of 东; they do not rhyme"]),
        (BDAB, "冬东天", ["天 is of 先, 东 in line 2 of 东; they do not rhyme"]),
        (BDAB, "东风天", ["天 is of 先, the poem rhymes in 东"]),
        (BDAB, "东天风", ["天 is of 先, the poem rhymes in 东"]),
        (EIGHT, "天东风空", ["天 is of 先, the poem rhymes in 东"]),
        (
            EIGHT,
            "东天风烟",
            [f"{character} is of 先, 东 in line 2 of 东; they do not rhyme" for character in "天烟"],
        ),
    ],
)
def test_where_as_many_rhymes_are_of_another_group_none_is_called_the_wrong_one(tails, rhymes, found):
    report = check_poem(verse(tails, rhymes), find_form("wujue" if len(tails) == 4 else "wulu"))
    assert [fault.detail for fault in report.faults if fault.name == "出韵"] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "内家雨宿日辉辉。夹遥桃花张锦机。黄纛软舆抬圣母，红罗凉伞罩贤妃。"
            "龙舟缥缈摇红影，羯鼓喧哗撼绿漪。阿监柳亭排燕处，美人斗把玉箫吹。",
            ["妃 is of 微, 漪 in line 6 of 支; they do not rhyme"],
        ),
        (
            "野花如雪绕江城，坐见年芳忆帝行。阊阖晓开凝碧树，曾陪鸳鹭听流沧。",
            ["城 is of 庚, 沧 in line 4 of 阳; they do not rhyme"],
        ),
    ],
)
def test_a_rhyme_of_both_groups_is_not_said_not_to_rhyme(text, found):
    assert [fault.detail for fault in check_poem(text).faults if fault.name == "出韵"] == found


def test_the_tones_of_a_tail_with_a_fault_are_those_it_is_read_in():
    report = check_poem(
        "官舍贯江口，滩声人惯闻。水烟晴吐月，山火关烧云。且欲寻方士，无心恋使君。人乡何可住，况复久离群。"
    )
    assert [fault.name for fault in report.faults if fault.line == 4] == ["三平尾"]
    assert report.lines[3].tones[-3:] == "PPP"


def test_a_character_that_may_be_two_rhymes_twice_without_fault():
    for text, found in ((verse(CDAB, "干干"), []), (verse(CDAB, "乾乾"), [("重韵", 4, 5)])):
        report = check_poem(text, find_form("wujue"))
        assert faults(report) == found and notes(report) == ([] if found else [("重韵", 4)])
    assert (
        check_poem(verse(CDAB, "干干")).notes[0].detail.endswith("line 2 already, unless one of them is 乾")
    )


@pytest.mark.parametrize(("first", "group"), [("霜", "阳"), ("生", "庚")])
def test_the_first_line_decides_between_groups(first, group):
    report = check_poem(verse(BDAB, first + "行𠀀"))
    assert report.rhyme == group and not report.faults and not report.notes


@pytest.mark.parametrize(("last", "sequence"), [("看", "CDAB"), ("传", "BDAB")])
def test_a_first_line_of_both_tones_rhymes_only_where_it_fits(last, sequence):
    report = check_poem(verse(BDAB, last + "天年"))  # 看 is of 寒, 传 of 先
    assert (report.sequence, report.rhyme) == (sequence, "先") and not report.faults and not report.notes


def test_neighbours_may_stand_in_the_first_line_alone():
    assert faults(check_poem(verse(CDAB, "东冬"), find_form("五绝"))) == [("出韵", 4, 5)]


@pytest.mark.parametrize(
    "text",
    [
        verse(CDAB, "月雪"),  # oblique rhymes
        verse(["PPPPP", "PPPPP", "PPPZZ", "ZZZPP"]),  # two lines of no type
        verse(CDAB[:2]),
        verse([*CDAB, *CDAB[:2]]),
        verse(BDAB, "天东生"),  # three groups
        verse(["ZZZZZ", *CDAB[1:]], "东冬"),  # a rhyme out of the group and a line of no type
        verse([*CDAB[:2], *CDAB[:2]], "东天"),  # two groups, and a couplet in the wrong place
        verse(EIGHT, "东天风霜"),  # two rhymes out of the group
        verse(LONG[:9], RHYMES),  # an odd number of lines
        verse(["PPPPZ", "PPZPP", *LONG[2:]], RHYMES),  # a long poem, two lines of no type
        verse(["PPPZZ", "ZZZPP"] * 5, RHYMES),  # and one without 粘
        verse(LONG, "东天空霜红"),  # and one of two rhymes more
        "春月春月，春月春东。春月春月，春月春风。",
        "春月，春月春东。",
        "",
    ],
)
def test_what_is_not_regulated_is_no_fault(text):
    report = check_poem(text)
    assert not report.regulated and not report.faults and not report.sequence


def test_a_form_that_the_poem_has_not():
    report = check_poem(verse(CDAB), find_form("七律"))
    assert faults(report) == [("体裁", 0, 0)] and "4 of 5" in report.faults[0].detail
    free = check_poem(verse(CDAB), FREE)
    assert free.form is FREE and not free.regulated and not free.faults


def test_a_poem_held_to_a_form_shows_all_its_faults():
    report = check_poem(verse(["ZPPPZ", "PPZZP", "PPPPZ", "ZZPPP"], "东天"), find_form("五绝"))
    assert faults(report) == [("失律", 1, 2), ("失律", 3, 4), ("三平尾", 4, 3), ("出韵", 4, 5)]


@pytest.mark.parametrize("place", range(24))
def test_an_unknown_character_is_never_wrong(place):
    text = verse(CDAB)
    if text[place] in "，。":
        return
    report = check_poem(text[:place] + "𠀀" + text[place + 1 :])
    assert report.regulated and not report.faults
    assert report.lines[place // 6].tones[place % 6] == "?"


def test_any_live_reading_fits():
    assert faults(check_poem(verse(CDAB).replace("春", "看").replace("月", "看"))) == []
    assert check_poem("看看看看看").lines[0].tones == "*****"


@pytest.mark.parametrize(
    ("tails", "rhymes", "size", "line"),
    [
        (EIGHT, "东天风空", 5, 4),
        (EIGHT, "东风天空", 7, 6),
        (EIGHT, "天东风空", 5, 2),
        (BDAB, "东风天", 5, 4),  # the first line shows the rhyme
        (BDAB, "东天风", 7, 2),
        (CDAB, "东冬", 5, 4),  # a neighbouring group does
        (CDAB, "东天", 5, 4),  # nothing else is wrong
        ([*CDAB[:2], *CDAB[:2]], "东冬", 5, 4),  # out of order too
        (LONG, "东风空天红", 5, 8),
        (LONG, "东天空中红", 7, 4),
    ],
)
def test_a_single_line_out_of_the_rhyme_is_named_without_a_form(tails, rhymes, size, line):
    report = check_poem(verse(tails, rhymes, size))
    assert report.regulated and report.rhyme == "东" and ("出韵", line, size) in faults(report)
    assert {name for name, *_ in faults(report)} <= {"出韵", "失粘"}


def test_rhymes_of_neighbouring_groups_are_named_where_nothing_else_is_wrong():
    mixed = verse(EIGHT, "东冬风宗")
    assert faults(check_poem(mixed)) == [("出韵", 4, 5), ("出韵", 8, 5)]
    for tails in (["ZPPPZ", *EIGHT[1:]], [*EIGHT[:4], *EIGHT[6:], *EIGHT[6:]]):  # a wrong tone, a break of 粘
        assert not check_poem(verse(tails, "东冬风宗")).regulated and check_poem(verse(tails)).faults


@pytest.mark.parametrize("line", [2, 4])
def test_an_oblique_rhyme_is_named_without_a_form_where_the_first_line_shows_the_rhyme(line):
    text = verse([tail[:-1] + "Z" if ix == line else tail for ix, tail in enumerate(BDAB, 1)])
    (fault,) = check_poem(text).faults
    assert (fault.name, fault.line, fault.position) == ("失律", line, 5)


def test_long_regulated_verse():
    for size, form in zip((5, 7), LONG_FORMS, strict=True):
        for count in (10, 12, 40):
            tails = [TAILS[kind] for kind in patterns.line_types("CDAB", count)]
            rhymes = "东风中空红翁通公功宫雄鸿丛工蓬丰蒙终融虹"
            report = check_poem(verse(tails, rhymes, size))
            assert report == check_poem(verse(tails, rhymes, size), form)
            assert (
                report.form is form and report.regulated and not report.faults and report.sequence == "CDAB"
            )
        named = check_poem(verse([*LONG[:4], TAILS["A"], TAILS["B"], *LONG[6:]], RHYMES, size))
        assert named.form is form and faults(named) == [("失粘", 5, 2), ("失粘", 7, 2)]
        wrong = check_poem(verse(LONG[:8], RHYMES, size), form)
        assert faults(wrong) == [("体裁", 0, 0)] and "10 or more" in wrong.faults[0].detail


# --- explanations: each message is true of the characters that stand there ---

EXPLAINED = [
    (
        "寒随穷律变，春逐鸟声开。初风飘带柳，晚雪间花梅。碧林青旧竹，绿沼翠新苔。芝田初雁去，绮树巧莺来。",
        "ABABABAB",
        [("失粘", 3, 2), ("失粘", 5, 2), ("失粘", 7, 2)],
        [("仄读", 4)],
    ),
    ("牛头菩萨面，马面夜叉头。不作五逆罪，快乐百无忧。", "ABCB", [("失律", 3, 4), ("失对", 4, 2)], []),
    # 正 has to be oblique in its own line, and makes up for nothing in the line before
    (
        "塞垣通碣石，虏障抵祁连。相思在万里，明月正孤悬。影移金岫北，光断玉门前。寄书谢中妇，时看鸿雁天。",
        "ABABABCD",
        [("失粘", 3, 2), ("失粘", 5, 2), ("失律", 7, 2)],
        [("三仄尾", 3)],
    ),
    (
        "恍惚人事改，冥漠委荒丘。阳原叹薤露，阴壑悼藏舟。",
        "ABAB",
        [("失律", 1, 2), ("失粘", 3, 2)],
        [("三仄尾", 3)],
    ),
    # 中 rhymes, though the line would be a plain A with an oblique one
    (
        "五十一回春梦中，兄悲子哭诉东风。别司制敕归天上，不共尘凡住域中。",
        "DBCD",
        [("重韵", 4, 7)],
        [("拗救", 1)],
    ),
    # 成 is level for its own line and for the one before
    ("人事有代谢，往来成古今。江山留胜迹，我辈复登临。", "CDAB", [], [("拗救", 1), ("拗救", 2)]),
]


@pytest.mark.parametrize(("text", "types", "found", "noted"), EXPLAINED)
def test_explanations(text, types, found, noted):
    report = check_poem(text)
    assert "".join(line.type for line in report.lines) == types
    assert faults(report) == found and notes(report) == noted


# A tone that verse hardly ever gives a character explains less than a variant of a type, or a borrowed rhyme.
RARE = [
    ("向晚意不适，驱车登古原。夕阳无限好，只是近黄昏。", [("拗救", 1)]),  # 不 is not level
    ("爆竹声中一岁除，春风送暖入屠苏。千门万户曈曈日，总把新桃换旧符。", [("借韵", 1)]),  # nor 除 oblique
    ("一片湖光共深浅，春风吹上绿杨烟。千门万户曈曈日，总把新桃换旧年。", [("拗救", 1)]),
]


@pytest.mark.parametrize(("text", "noted"), RARE)
def test_a_rare_tone_is_the_last_explanation(text, noted):
    report = check_poem(text)
    assert notes(report) == noted and not report.faults


HUANGHELOU = (
    "昔人已乘黄鹤去，此地空余黄鹤楼。黄鹤一去不复返，白云千载空悠悠。"
    "晴川历历汉阳树，芳草萋萋鹦鹉洲。日暮乡关何处是，烟波江上使人愁。"
)


def test_a_reading_that_verse_seldom_uses_is_noted():
    report = check_poem(HUANGHELOU)
    noted = [(note.name, note.line, note.position, note.detail) for note in report.notes]
    assert noted[1:] == [
        ("仄读", 1, 4, "乘 is mostly level 平"),
        ("仄读", 4, 5, "空 is mostly level 平"),
    ]
    assert report.lines[0].tones[3] == report.lines[3].tones[4] == "Z"
    last = "烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"
    (note,) = check_poem(last).notes  # 更 is oblique, as it mostly is
    assert (note.name, note.line, note.position, note.detail) == ("平读", 4, 4, "胜 is mostly oblique 仄")


def test_a_sound_line_in_the_wrong_place_is_no_variant_of_another_type():
    text = "怀君属秋夜，散步咏凉天。空山松子落，幽人应未眠。"  # 山, though 应 could make up for 子
    (fault,) = check_poem(text).faults
    assert (fault.name, fault.line) == ("失粘", 3) and fault.detail.endswith("line 4 breaks with it too")


@pytest.mark.parametrize(
    ("text", "found", "noted"),
    [
        (  # 书 rhymes with 庐, though only the end would be wrong in a line that does not rhyme
            "北阙休上书，南山归敝庐。不才明主弃，多病故人疏。",
            [("失律", 1, 3), ("失律", 1, 4)],
            [],
        ),
        ("打起黄莺儿，莫教枝上啼。啼时惊妾梦，不得到辽西。", [("三平尾", 1, 3)], [("借韵", 1), ("拗救", 2)]),
    ],
)
def test_a_first_line_that_ends_in_the_rhyme_rhymes(text, found, noted):
    report = check_poem(text)
    assert faults(report) == found and notes(report) == noted


def test_messages_name_the_characters():
    details = [fault.detail for fault in check_poem(EXPLAINED[1][0]).faults]
    assert details[1] == "乐 in line 4 is oblique 仄, 作 in line 3 is oblique 仄; the opposite tone is wanted"
    (note, _) = check_poem(EXPLAINED[5][0]).notes
    assert note.detail == "the line ends 中仄中仄仄; 成 in line 2, level 平, makes up for it"


@pytest.mark.parametrize(
    ("line", "tail", "at", "wanted"),
    [
        (3, "PZZZZ", 2, "P wanted for 三仄尾 中平仄仄仄"),  # as 黄鹤一去不复返
        (3, "ZPZZP", 5, "Z wanted for 三仄尾 中平仄仄仄"),
        (3, "ZPZPZ", 1, "P wanted for 拗救 平平仄平仄"),
        (2, "ZPPZZ", 5, "P wanted for 拗救 仄平平仄平"),
    ],
)
def test_a_wrong_tone_in_a_variant_names_it(line, tail, at, wanted):
    text = verse([*CDAB[: line - 1], tail, *CDAB[line:]], size=7, heads=CDAB)
    report = check_poem(text, find_form("七绝"))
    told = wanted.replace("P", "level 平").replace("Z", "oblique 仄")
    (fault,) = report.faults
    assert (fault.line, fault.position) == (line, at + 2) and fault.detail.endswith(told) and not report.notes


def test_a_variant_is_noted_beside_a_fault_in_front_of_it():
    text = verse([*CDAB[:2], "ZPZZZ", CDAB[3]], size=7, heads=["ZZZZZ", "ZPZZZ", "ZZZZZ", "ZZZZZ"])
    report = check_poem(text, find_form("七绝"))
    assert (faults(report), notes(report)) == ([("失律", 3, 2)], [("三仄尾", 3)])


def test_a_line_that_breaks_with_both_neighbours_says_so_once():
    (fault,) = check_poem(verse([TAILS[kind] for kind in "CBAB"])).faults
    assert (fault.name, fault.line) == ("失对", 2) and fault.detail.endswith(
        ", and line 3 breaks with it too"
    )


def test_a_character_of_both_tones_has_the_one_that_a_message_rests_on():
    lines = verse(["ZZPPZ", "ZZZPP", "PPPZZ", "ZZZPP"]).replace("月月月春东", "月看月春东")
    report = check_poem(lines)
    assert faults(report) == [("失对", 2, 2)] and report.lines[1].tones == "ZZZPP"
    assert check_poem(verse(CDAB).replace("月月春春月", "月看春看月")).lines[0].tones == "Z*P*Z"


LONG_OR_SHORT = [*FORMS, *LONG_FORMS]
POEMS = st.sampled_from(LONG_OR_SHORT).flatmap(
    lambda form: st.lists(
        st.text("春月东看𠀀", min_size=form.size, max_size=form.size),
        min_size=form.count or 10,
        max_size=form.count or 12,
    )
)


def untrue(report):
    """The messages of a report that the tones and characters of its lines contradict."""
    told = (_fault_is_true(fault, report) for fault in report.faults if fault.line)
    noted = (_note_is_true(note, report.lines) for note in report.notes if note.line)
    return [
        message
        for message, true in zip([*report.faults, *report.notes], [*told, *noted], strict=False)
        if not true
    ]


def _fault_is_true(fault, report):
    names = {"P": "level 平", "Z": "oblique 仄"}
    line = report.lines[fault.line - 1]
    tone, character = line.tones[fault.position - 1], line.text[fault.position - 1]
    if fault.name in ("失对", "失粘"):
        before = report.lines[fault.line - 2]
        told = (
            f"{character} in line {fault.line} is {names[tone]}, "
            f"{before.text[1]} in line {fault.line - 1} is {names[before.tones[1]]};"
        )
        broken = (before.tones[1] == tone) == (fault.name == "失对") == (fault.line % 2 == 0)
        return broken and fault.position == 2 and fault.detail.startswith(told)
    if fault.name in ("失律", "孤平", "三平尾"):
        wanted = line.expected[fault.position - 1]
        variant = patterns.TAILS[line.type].get(line.expected[-5:])
        told = f"{character} is {names[tone]}, {names[wanted]} wanted"
        if variant and fault.position > len(line.text) - 5:
            told += f" for {variant} {line.expected[-5:].translate(readings.TONE_SIGNS)}"
        return fault.detail == told and tone != wanted and tones(character) == {tone}
    if fault.name == "出韵":
        if fault.detail.endswith("they do not rhyme"):
            other, number = re.search(r"(\S) in line (\d+) of", fault.detail).groups()
            met = report.lines[int(number) - 1].text[-1] == other
            return met and level_groups(other).isdisjoint(level_groups(character))
        return report.rhyme not in level_groups(character) and (fault.line % 2 == 0 or fault.line == 1)
    return fault.name == "重韵" and any(line.text[-1] == character for line in report.lines[: fault.line - 1])


def _note_is_true(note, lines):
    line = lines[note.line - 1]
    if note.name in ("平读", "仄读"):
        tone, other = ("P", "oblique 仄") if note.name == "平读" else ("Z", "level 平")
        said = f"{line.text[note.position - 1]} is mostly {other}"
        return (
            line.tones[note.position - 1] == line.expected[note.position - 1] == tone and note.detail == said
        )
    told = note.detail.removeprefix("the line ends ")[:5].translate(str.maketrans("平仄中", "PZ."))
    if note.name == "重韵":
        return any(line.text[-1] == earlier.text[-1] for earlier in lines[: note.line - 1])
    if note.name == "借韵":
        return note.line == 1 and line.type in "BD"
    fits = all(
        wanted in (".", tone) or tone == "?" for tone, wanted in zip(line.tones[-5:], told, strict=True)
    )
    if note.name == "拗救" and line.type == "C":
        following = lines[note.line]
        rescuer = f"{following.text[-3]} in line {note.line + 1}, level 平, makes up for it"
        return fits and following.type == "D" and following.tones[-3] in "P?" and rescuer in note.detail
    return fits and note.name in ("拗救", "三仄尾")


def untold(report):
    """The places where a line differs from the plain pattern of its type, and no message says why."""
    for number, line in enumerate(report.lines, 1):
        if not line.type:
            continue
        plain = patterns.whole_line(next(iter(patterns.TAILS[line.type])), len(line.text))
        faults = [fault for fault in report.faults if fault.line == number]
        variant = any(fault.name in ("失律", "三平尾") and " for " in fault.detail for fault in faults)
        variant |= any(note.line == number and note.name in ("拗救", "三仄尾") for note in report.notes)
        for position, (tone, wanted) in enumerate(zip(line.tones, plain, strict=True), 1):
            differs = {tone, wanted} == {"P", "Z"}
            told = variant and position > len(plain) - 5 or position in [fault.position for fault in faults]
            if differs and not told:
                yield number, position


@given(POEMS)
def test_no_message_contradicts_what_is_printed_beside_it(lines):
    text = "，".join(lines) + "。"
    for form in (None, recognise(text, LONG_OR_SHORT)):
        report = check_poem(text, form)
        assert not untrue(report) and not [*untold(report)]
        assert len(set(faults(report))) == len(report.faults)
        assert all(1 <= fault.line <= len(lines) for fault in report.faults)
        assert all(1 <= fault.position <= len(lines[0]) for fault in report.faults)
        for line in report.lines:
            for sign, known in zip(line.tones, tone_signs(line.text), strict=True):
                assert sign == known or known == "*"


@pytest.mark.corpus
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the files of chinese-poetry")
@pytest.mark.parametrize("file", ["tang.0", "tang.30000", "song.50000"])
def test_no_message_on_a_real_poem_is_untrue(file):
    seen = 0
    for poem in json.loads((SHARED / f"poet.{file}.json").read_text(encoding="utf-8")):
        try:
            text = clean("".join(poem["paragraphs"]))
        except Dropped:
            continue
        for form in (None, recognise(text, LONG_OR_SHORT)):
            report = check_poem(text, form)
            seen += len(report.faults)
            assert not untrue(report) and not [*untold(report)], text
    assert seen > 100


# --- verse that everyone knows, worked by hand; read from the corpus ---


@pytest.mark.corpus
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the files of chinese-poetry")
@pytest.mark.parametrize(
    ("file", "author", "title", "sequence", "rhyme", "found"),
    [
        (13000, "王之渙", "登鸛雀樓", "CDAB", "尤", []),
        (12000, "張繼", "楓橋夜泊", "DBCD", "先", []),
        (8000, "李白", "早發白帝城", "BDAB", "删", []),
        (11000, "杜甫", "春望", "CDAB", "侵", []),
        (11000, "杜甫", "登高", "DBCD", "灰", []),
        (11000, "杜甫", "登岳陽樓", "ABCD", "尤", []),  # 庭 is oblique in 径庭, so the first line passes
        (6000, "王維", "山居秋暝", "ABCD", "尤", []),
        (6000, "王維", "渭城曲", "BDAB", "真", [("失粘", 3, 2)]),
        (29000, "李商隱", "錦瑟", "DBCD", "先", []),
        (7000, "孟浩然", "春曉", "", "", []),
        (8000, "李白", "靜夜思", "", "", []),
    ],
)
def test_well_known_poems(file, author, title, sequence, rhyme, found):
    poems = json.loads((SHARED / f"poet.tang.{file}.json").read_text(encoding="utf-8"))
    poem = next(poem for poem in poems if poem["author"] == author and poem["title"].startswith(title))
    for text in (clean("".join(poem["paragraphs"]), str), clean("".join(poem["paragraphs"]))):
        report = check_poem(text)
        assert (report.sequence, report.rhyme, faults(report)) == (sequence, rhyme, found)
        assert report.regulated == bool(sequence)
