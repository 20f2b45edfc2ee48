import pytest
from hypothesis import given
from hypothesis import strategies as st

from poetry.verse.ci import check_ci, find_ci
from poetry.verse.tunes import Tune, find_tune, parse_variant, tunes

SAND = "一曲新词酒一杯。去年天气旧亭台。夕阳西下几时回。无可奈何花落去，似曾相识燕归来。小园香径独徘徊。"
DREAM = "常记溪亭日暮。沉醉不知归路。兴尽晚回舟，误入藕花深处。争渡。争渡。惊起一滩鸥鹭。"


def found(text, name="浣溪沙"):
    return [(fault.name, fault.line, fault.position) for fault in check_ci(text, find_tune(name)).faults]


def test_a_sound_ci():
    report = check_ci(SAND, find_tune("浣溪沙"))
    assert not report.faults and report.is_commonest and report.rhymes == [3]
    assert [(note.name, note.line) for note in report.notes] == [
        ("邻韵", 2),
        ("邻韵", 5),
    ]  # 台, 来 of group 5
    assert report.stanzas == [1, 3] or report.stanzas == [1, 4]
    assert report.lines[3].expected == ".Z.PPZZ" and report.lines[3].tones == "PZZPPZZ"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("旧亭台", "旧亭月"), ("失律", 2, 7)),
        (("花落去", "花落春"), ("失律", 4, 7)),
        (("新词", "词"), ("字数", 1, 0)),
        (("新词", "新新词"), ("字数", 1, 0)),
        (("兴尽晚回舟，", ""), ("字数", 3, 0)),
        (("独徘徊", "独徘山"), ("出韵", 6, 7)),
        (("花落去，似", "花落，去似"), ("断句", 4, 6)),
        (("旧亭台。夕", "旧亭台夕"), ("断句", 2, 7)),
        (("争渡。惊", "争去。惊"), ("叠句", 6, 2)),
    ],
)
def test_each_fault_has_its_name_and_place(change, fault):
    text, name = (DREAM, "如梦令") if change[0] in DREAM else (SAND, "浣溪沙")
    assert change[0] in text
    assert fault in found(text.replace(*change), name)
    assert found(text, name) == []


@pytest.mark.parametrize(
    "marks", [{"。": "，"}, {"，": "。"}, {"。": "！", "，": "；"}, {"。": "", "，": ""}, {"，": "、"}]
)
def test_marks_may_be_others_or_none(marks):
    assert found(SAND.translate(str.maketrans(marks))) == []


def test_a_line_that_ends_without_a_mark_is_a_note():
    report = check_ci(SAND.replace("花落去，似", "花落去似"), find_tune("浣溪沙"))
    assert not report.faults
    assert ("断句", 4, 7) in [(note.name, note.line, note.position) for note in report.notes]


def test_a_text_without_marks_is_laid_out_as_the_tune_is():
    report = check_ci(SAND.replace("。", "").replace("，", ""), find_tune("浣溪沙"))
    assert [line.text for line in report.lines] == [
        line.text for line in check_ci(SAND, find_tune("浣溪沙")).lines
    ]
    short = check_ci(SAND.replace("。", "").replace("，", "")[1:], find_tune("浣溪沙"))
    assert [(fault.name, fault.line) for fault in short.faults][0] == ("字数", 0)


def test_a_variant_that_is_not_the_commonest_is_named():
    lines = ["中仄中平中仄", "中平中仄平平", "中平中仄仄平平", "中平平仄仄", "中仄仄平平"]
    signs = str.maketrans({"中": "山", "平": "山", "仄": "月"})
    text = "".join(f"{line.translate(signs)}，" for line in lines * 2)
    report = check_ci(text, find_tune("临江仙"))
    assert len(report.variant) == 58 and not report.is_commonest
    assert [note.name for note in report.notes] == ["变体"]


@pytest.mark.parametrize(
    "text", [SAND, DREAM, SAND.replace("。", "，"), DREAM.replace("。", "").replace("，", "")]
)
def test_the_tune_is_found_from_the_text(text):
    assert find_ci(text).tune.name in ("浣溪沙", "如梦令")


def test_a_text_of_no_tune():
    assert find_ci("床前明月光，疑是地上霜。举头望明月，低头思故乡。") is None
    assert find_ci("春" * 42 + "。") is None
    assert find_ci("春。") is None


def test_classes_of_rhyme_are_judged_apart():
    tune = Tune("某", (), (parse_variant("某", 9, "..PA ..PA ..ZB ..ZB", "3 3 3 3"),), "某")
    sound = check_ci("山山东。山山风。山山月。山山雪。", tune)
    assert not sound.faults and sound.rhymes == [1, 18]
    wrong = check_ci("山山东。山山风。山山月。山山木。", tune)
    assert [(fault.name, fault.line) for fault in wrong.faults] == [("出韵", 4)]


def details(text, tune):
    report = check_ci(text, tune)
    return [fault.detail for fault in (*report.faults, *report.notes) if fault.name in ("出韵", "邻韵")]


def test_where_as_many_rhymes_are_of_another_group_none_is_called_the_wrong_one():
    tune = Tune("某", (), (parse_variant("某", 9, "..PA ..PA ..PA ..PA", "3 3 3 3"),), "某")
    assert details("山山东。山山天。山山风。山山家。", tune) == [
        "天 is of rhyme group 7, more rhymes are of 1",
        "家 is of rhyme group 10, more rhymes are of 1",
    ]
    assert details("山山东。山山天。山山风。山山山。", tune) == [
        f"{character} is of rhyme group 7, 东 in line 1 of 1; they do not rhyme" for character in "天山"
    ]
    assert details("山山真。山山青。", tune) == ["青 is of rhyme group 11, 真 in line 1 of 6"]


@given(st.sampled_from(sorted(tunes())), st.text(alphabet="山月春雪东风，。、", min_size=1, max_size=60))
def test_whatever_the_text_every_fault_has_a_place_in_it(name, text):
    if not set(text) - set("，。、"):
        return
    report = check_ci(text, find_tune(name))
    assert "".join(line.text for line in report.lines) == text.translate(str.maketrans("", "", "，。、"))
    for fault in report.faults + report.notes:
        assert 0 <= fault.line <= len(report.lines)
        assert fault.position <= (len(report.lines[fault.line - 1].text) if fault.line else 0)


@pytest.mark.parametrize(
    ("name", "text", "size"),
    [
        (
            "浣溪沙",
            "我在家中看晚霞。桌上有酒又有茶。朋友同来笑哈哈。明天大家去爬山，山上有很多野花。带些回来送妈妈。",
            42,
        ),
        ("捣练子", "不见东，万点波。雁字飞来天欲和。望烟岚翠湿疏钟，半帘新月照窗罗。", 27),
        (
            "青玉案",
            "绿琐窗纱明月透。正清梦、莺啼柳。碧井银瓶鸣玉甃。翔鸾妆样，粲花衫绣。分付春风手。"
            "喜入秋波娇欲溜。脉脉青山两眉秀。玉枕春寒郎知否。归来留取，御香襟袖。同饮酴醿酒。",
            67,
        ),
    ],
)
def test_many_wrong_tones_in_lines_that_are_right_are_no_missing_characters(name, text, size):
    report = check_ci(text, find_tune(name))
    assert len(report.variant) == size
    assert {fault.name for fault in report.faults} <= {"失律", "出韵"} and len(report.faults) > 2
