"""Which ？ are gaps and which are marks, and what form a text with gaps is of."""

import pytest

from poetry.verse.form import GAP, find_form
from poetry.verse.free_scheme import free_scheme
from poetry.verse.gaps import as_form, as_free, as_tune, find_shape, laid, read_gaps, without_lines
from poetry.verse.scheme import fitting_schemes
from poetry.verse.tune_scheme import tune_schemes
from poetry.verse.tunes import find_tune

QIJUE = "春江水暖柳丝长，两岸人家半夕阳。小艇不知归去晚，一声渔笛满横塘。"
DREAM = "常记溪亭日暮，沉醉不知归路。兴尽晚回舟，误入藕花深处。争渡，争渡，惊起一滩鸥鹭。"


def gaps(text):
    return text.replace("_", GAP)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("白日依山？，黄河？？流。欲穷千里目，更上一层楼。", "白日依山_，黄河__流。欲穷千里目，更上一层楼。"),
        ("白日依山尽？黄河入海？。欲穷千里目,更上一层楼?", "白日依山尽？黄河入海_。欲穷千里目，更上一层楼？"),
        ("白日依山尽？\n黄河入海流？？欲穷千里目，更上一层楼。", None),
        ("白日依山？？黄河入海流？\n？？？？？？更上一层楼。", "白日依山_？黄河入海流？_____？更上一层楼。"),
        ("白日依山尽\n黄河入海流\n？？？？？\n更上一层楼", "白日依山尽，黄河入海流。_____，更上一层楼。"),
        ("？" * 20, "_____，_____。_____，_____。"),
        ("？" * 24, "_____？_____？_____？_____？"),
        ("白日依山尽黄河入海流？？千里目更上一层楼", "白日依山尽，黄河入海流。__千里目，更上一层楼。"),
    ],
)
def test_a_question_mark_where_a_line_is_full_is_a_mark(typed, read):
    assert as_form(read_gaps(typed, "--revise"), find_form("wujue")) == (read and gaps(read))


def test_a_tune_tells_where_its_lines_are_full():
    tune = find_tune("如梦令")
    (found,) = as_tune(read_gaps(DREAM.replace("归路。", "归路？").replace("藕花", "？？"), ""), tune)
    assert found == gaps(DREAM.replace("归路。", "归路？").replace("藕花", "__"))
    assert not list(as_tune(read_gaps(DREAM[:-2] + "。", ""), tune))


def test_a_question_in_a_tune_is_a_mark_wherever_a_line_may_end():
    text = (
        "千古江山，英雄无觅，孙仲谋处。舞榭歌台，风流总被，雨打风吹去。斜阳草树，寻常巷陌，人道寄奴曾住。想当年，金戈铁马，"
        "气吞万里如虎。元嘉草草，封狼居胥，赢得仓皇北顾。四十三年，望中犹记，烽火扬州路。可堪回首？佛狸祠下，一片神鸦社鼓。"
        "凭谁问？廉颇老矣，尚能饭_？"
    )
    (found,) = as_tune(read_gaps(text.replace("_", "？"), ""), find_tune("永遇乐"))
    assert found == gaps(text)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("春风吹柳？花落不知处。", "春风吹柳_花落不知处。"),  # no lines of one length: it is a gap
        ("春风吹杨柳？花落不知处。", "春风吹杨柳？花落不知处。"),
        ("春风？柳，花落？", "春风_柳，花落？"),
        ("春风？杨柳，花落？", "春风_杨柳，花落？"),
        ("春风花？", "春风花？"),
        ("春江水暖柳丝长，两岸人家半夕？", "春江水暖柳丝长，两岸人家半夕_。"),
        ("春江水暖柳丝长，两岸人家半夕阳。小艇不知归去？", "春江水暖柳丝长，两岸人家半夕阳。小艇不知归去_。"),
        ("春江水暖柳丝长，两岸人家半夕？\n小艇不知归去？", "春江水暖柳丝长，两岸人家半夕_。小艇不知归去_。"),
        ("春江水暖柳丝？", "春江水暖柳丝_。"),
        ("春江水暖柳丝长？", "春江水暖柳丝长？"),
        ("天上月，地上有人？", "天上月，地上有人？"),
        (
            "明月几时有？把酒问青天？不知天上宫阙，今夕是？年。",
            "明月几时有？把酒问青天？不知天上宫阙，今夕是_年。",
        ),
    ],
)
def test_verse_of_no_form_has_lines_of_one_length_if_it_can(typed, read):
    assert as_free(read_gaps(typed, "")) == gaps(read)


def test_marks_are_not_doubled_and_the_end_has_one():
    assert laid(gaps("春风_，花。"), {2}) == "春风？花。"
    assert laid(gaps("春风_，花"), ()) == gaps("春风_，花。")


@pytest.mark.parametrize(
    ("text", "keep", "name"),
    [
        (QIJUE, (), "qijue"),
        (QIJUE.replace("两岸", "__"), (), "qijue"),
        (QIJUE.replace("小艇不知归去晚", "_" * 7), (), "qijue"),
        (QIJUE.replace("小艇不知归去晚", "山山山山山山山"), (1, 2, 4), "qijue"),
        ("山山山山山山山，月月月月月月月。" + QIJUE[16:], (), "free"),
        ("山山山山山山山，月月月月月月月。" + QIJUE[16:], (3, 4), "qijue"),
        ("_" * 28, (), "qijue"),
        (DREAM, (), "如梦令"),
        (DREAM.replace("兴尽晚回舟", "_____").replace("，争渡", "，__"), (), "如梦令"),
        ("天上有月，地上有_人。_____。", (), "free"),
    ],
)
def test_the_form_is_found_from_the_text(text, keep, name):
    form, lines = find_shape(gaps(text), keep)
    assert form.name == name
    assert lines.count(GAP) == text.count("_")


def test_other_lines_are_open():
    assert without_lines(QIJUE, {2}) == gaps("_______，两岸人家半夕阳。_______，_______。")


def test_a_form_fits_what_is_given_behind_a_gap():
    form = find_form("qijue")
    lines = [GAP * 7, "两岸人家半夕阳", GAP * 7, "一声渔笛满横塘"]
    schemes = fitting_schemes(form, lines)
    assert {scheme.sequence for scheme in schemes} == {"CDAB", "BDAB"}
    assert {scheme.group for scheme in schemes} == {"阳"} and not schemes[0].faults
    (broken,) = fitting_schemes(form, [GAP * 7, "两岸人家半夕东", GAP * 7, "一声渔笛满横塘"])
    assert [(fault.name, fault.line) for fault in broken.faults] in ([("出韵", 2)], [("出韵", 4)])
    assert not fitting_schemes(form, [GAP * 7] * 4)[0].faults


def test_a_tune_fits_what_is_given_behind_a_gap():
    (scheme,) = tune_schemes(find_tune("如梦令"), gaps(DREAM.replace("溪亭日暮", "____")))
    assert scheme.groups == ("4",) and not scheme.faults
    (broken,) = tune_schemes(find_tune("如梦令"), DREAM.replace("争渡，争渡", f"争{GAP}，争去"))
    assert not broken.faults


@pytest.mark.parametrize(
    ("text", "rhymed", "group"),
    [
        ("天上有月，地上有人。山中有_，水中有_。", True, "真"),
        ("天上有月，地上有_。山中有_，水中有春。", True, "真"),
        ("天上有月，地上有_。山中有_，水中有_。", True, ""),
        ("天上有月，地上有人。山中有_，水中有东。", False, "真"),
        ("天上有月，地上有水。山中有_，水中有_。", False, ""),
    ],
)
def test_free_verse_rhymes_as_what_is_given_does(text, rhymed, group):
    scheme = free_scheme(gaps(text))
    assert scheme.rhymed == rhymed and (not rhymed or scheme.group == group)
    assert [place.rhyme for place in scheme.places if place.column == 3] == [0, rhymed, 0, rhymed]
    assert len(scheme.places) == len(text) and {place.tone for place in scheme.places[:8]} == {"."}
