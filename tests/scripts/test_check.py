"""check.py as a user runs it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import ROOT, one_line_error, run

from check import check

SOUND = "塞雪迷征馬，孤旗出漢關。將軍看劍老，猶自夢陰山。"
VARIANT = SOUND.replace("出漢關", "天漢關")  # PPPZP for PPZZP
BROKEN = SOUND.replace("猶自夢", "猶自明")  # 三平尾
LUSHI = "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"
DENGGAO = (
    "风急天高猿啸哀，渚清沙白鸟飞回。无边落木萧萧下，不尽长江滚滚来。"
    "万里悲秋常作客，百年多病独登台。艰难苦恨繁霜鬓，潦倒新停浊酒杯。"
)
OBLIQUE = "塞雪迷征馬，孤旗出漢月。將軍看劍老，猶自夢燕雪。"


def checked(*arguments, code=0, stdin=None):
    result = CliRunner().invoke(check, [str(argument) for argument in arguments], input=stdin)
    assert result.exit_code == code and not result.stderr, result.output
    return result.stdout


def test_a_sound_poem():
    lines = checked(SOUND).splitlines()
    assert lines[0] == "五绝 · regulated · 仄起首句不入韵 (CDAB) · rhyme 删"
    assert lines[1] == " 1 C 塞雪迷征馬  仄仄平通仄"
    assert lines[-1] == "no fault" and len(lines) == 6


def test_a_fault_is_named_with_its_place():
    lines = checked(BROKEN).splitlines()
    assert lines[-1] == "三平尾 line 4, character 3: 明 is level 平, oblique 仄 wanted"
    assert "no fault" not in lines


def test_accepted_variants():
    assert checked(VARIANT).splitlines()[-1] == "no fault"


@pytest.mark.parametrize("name", ["wujue", "五绝", "五絕", "五言绝句", "五言絕句", "WuJue"])
def test_a_form_by_all_its_names(name):
    assert checked("--form", name, SOUND) == checked(SOUND)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([SOUND], 0),
        ([BROKEN], 0),
        ([OBLIQUE], 0),
        (["--form", "五绝", SOUND], 0),
        (["--form", "五绝", BROKEN], 1),
        (["--form", "五绝", OBLIQUE], 1),
        (["--form", "五绝", SOUND, BROKEN], 1),
        (["--form", "五绝", BROKEN, SOUND], 1),
        (["--form", "七绝", SOUND], 1),
        (["--form", "free", BROKEN], 0),
        (["--form", "五绝", "--json", BROKEN], 1),
    ],
)
def test_exit_codes(arguments, code):
    assert checked(*arguments, code=code)


def test_not_regulated_is_no_error():
    assert checked(OBLIQUE).splitlines()[0] == "五绝 · not regulated"
    assert checked("春眠不觉晓").splitlines()[0] == "不拘 · not regulated"


def test_lines_that_are_shorter_than_most_are_noted():
    title = checked("静夜思\n李白\n床前明月光\n疑是地上霜\n举头望明月\n低头思故乡").splitlines()
    assert title[0] == "不拘 · not regulated"
    assert title[-1] == "句式 not of 5 characters as most are: line 1, 2; title and author are no verse"
    for verse in ("春眠不觉晓", "春眠不觉晓，处处。", "春眠不觉晓，处处闻啼鸟。" * 3):
        assert "句式" not in checked(verse)


def test_lines_may_be_typed_with_spaces_between():
    assert checked("塞雪迷征馬 孤旗出漢關 將軍看劍老 猶自夢陰山") == checked(SOUND)


def test_a_poem_below_its_title_is_no_ci():
    title = checked("登高\n" + re.sub("[，。]", "\n", DENGGAO)).splitlines()
    assert title[0] == "不拘 · not regulated" and title[-1].startswith("句式 ") and "line 1;" in title[-1]


@pytest.mark.parametrize("mark", ["", "。"])
def test_a_poem_without_marks(mark):
    assert checked(re.sub("[，。]", "", SOUND) + mark) == checked(SOUND)
    assert checked("--form", "五绝", "塞雪迷征馬孤旗出漢關，將軍看劍老猶自夢陰山") == checked(SOUND)


def test_a_rhyme_out_of_the_group_is_named_without_a_form():
    lines = checked(SOUND.replace("陰山", "陰天")).splitlines()
    assert lines[0] == "五绝 · regulated · 仄起首句不入韵 (CDAB) · rhyme 删"
    assert lines[-1] == "出韵 line 4, character 5: 天 is of 先, 關 in line 2 of 删; they do not rhyme"


LONG = (
    "玉帛朝元日，山川望阙时。云开双凤出，风定五旗垂。剑佩趋金殿，衣冠满赤墀。"
    "钟声传静夜，漏刻报晴曦。愿祝君王寿，春光万岁期。"
)


def test_long_regulated_verse():
    lines = checked(LONG).splitlines()
    assert lines[0] == "五排 · regulated · 仄起首句不入韵 (CDAB) · rhyme 支" and lines[-1] == "no fault"
    assert checked("--form", "五言排律", LONG) == checked(LONG)
    (report,) = map(json.loads, checked("--json", LONG).splitlines())
    assert report["form"] == "wupai" and len(report["lines"]) == 10
    assert checked("--form", "五排", re.sub("[，。]", "", LONG)) == checked(LONG)
    faulty = checked("--form", "wupai", LONG.replace("风定", "风清"), code=1).splitlines()
    assert faulty[-1] == "失律 line 4, character 2: 清 is level 平, oblique 仄 wanted"
    short = checked("--form", "五排", SOUND, code=1)
    assert (
        short.splitlines()[-1]
        == "体裁 10 or more, an even number of lines of 5 characters wanted, not 4 of 5"
    )


def test_looking_characters_up():
    assert checked("--look", "看山，𠀀").splitlines() == [
        "看 通  平 上平声十四寒  仄 去声十五翰",
        "山 平  平 上平声十五删",
        "𠀀 ？  no reading is known",
    ]
    first, second = map(json.loads, checked("--look", "重𠀀", "--json").splitlines())
    assert first["character"] == "重" and first["tones"] == "*" and second["readings"] == []
    assert {"group": "冬", "tone": "P", "name": "上平声二冬"} in first["readings"]
    assert {"group": "肿", "tone": "Z", "name": "上声二肿"} in first["readings"]


def test_characters_of_a_group():
    for name in ("江", "三江", "上平声三江", "上平聲三江"):
        head, characters = checked("--rhymes", name).splitlines()
        assert head == f"上平声三江 · {len(characters)} characters, the commonest rhymes first"
        assert characters.startswith("江窗双") and "风" not in characters
    (found,) = map(json.loads, checked("--rhymes", "職", "--json").splitlines())
    assert found["group"] == "职" and found["name"] == "入声十三职" and "色" in found["characters"]


def test_json_is_one_object_a_poem():
    first, second = map(json.loads, checked("--json", BROKEN, OBLIQUE).splitlines())
    assert (first["form"], first["regulated"], first["sequence"], first["rhyme"]) == (
        "wujue",
        True,
        "CDAB",
        "删",
    )
    assert first["lines"][0] == {"text": "塞雪迷征馬", "tones": "ZZP*Z", "type": "C", "expected": ".Z.PZ"}
    (fault,) = first["faults"]
    assert (fault["name"], fault["line"], fault["position"]) == ("三平尾", 4, 3)
    assert not second["regulated"] and second["faults"] == [] and len(second["lines"]) == 4


def test_arguments_files_and_stdin_read_alike(tmp_path):
    path = tmp_path / "poems.txt"
    typed = SOUND.replace("。", "。\n").replace("，", ", ")
    path.write_text("\ufeff" + typed + "\n\r\n \n" + BROKEN, encoding="utf-8")
    expected = checked(SOUND, BROKEN)
    assert (
        checked(path) == checked("-", stdin=path.read_bytes()) == checked(stdin=path.read_bytes()) == expected
    )
    assert expected.count("五绝 · regulated") == 2 and "\n\n五绝" in expected


def test_colours_only_on_a_terminal():
    assert "\x1b" not in checked(BROKEN)
    coloured = CliRunner().invoke(check, [BROKEN], color=True).stdout
    assert "通仄\x1b[31m平" in coloured.replace("\x1b[0m", "") and "\x1b[31m三平尾" in coloured


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["--form", "五言", SOUND], None, ["--form", "五言", "wujue 五绝", "qilu 七律"]),
        (["--form", "", SOUND], None, ["--form", "qijue"]),
        (["--form", "排律", SOUND], None, ["--form", "wupai 五排", "qipai 七排"]),
        (["--look", "a"], None, ["--look", "a (U+0061) at position 1", "not a Chinese character"]),
        (["--look", ""], None, ["--look is empty"]),
        (["--look", "看", SOUND], None, ["--look stands alone", "POEM"]),
        (
            ["--look", "看", "--rhymes", "东", "--form", "五绝"],
            None,
            ["--look stands alone", "--rhymes and --form"],
        ),
        (["--rhymes", "花"], None, ["--rhymes", "花", "no group", "十三元"]),
        (["--rhymes", "二东"], None, ["--rhymes", "二东", "no group"]),
        (["--rhymes", ""], None, ["--rhymes", "no group"]),
        (["missing.txt"], None, ["missing.txt", "neither verse nor a file"]),
        (["诗稿.txt"], None, ["诗稿.txt", "neither verse nor a file"]),
        (["poem"], None, ["poem"]),
        ([""], None, ["POEM is empty"]),
        ([" \n "], None, ["POEM is empty"]),
        (["-"], b"", ["stdin is empty"]),
        (["-", SOUND, "-"], SOUND.encode(), ["- is given twice", "stdin"]),
        ([], b"\n\n", ["stdin is empty"]),
        ([], b"\xff\xfe", ["stdin", "not UTF-8"]),
        ([], "，。".encode(), ["stdin is empty"]),
        (["“，。”"], None, ["POEM is empty"]),
        (["--couplet", "？"], None, ["--couplet is empty; give it characters of verse"]),
        (["白日\u3164山尽"], None, ["U+1160", "position 3", "not a Chinese character"]),  # a blank
        (["白日\ufe0f山尽"], None, ["U+FE0F", "position 3", "not a Chinese character"]),
        (["白日😀山尽"], None, ["😀", "position 3", "not a Chinese character"]),
        (["白日a"], None, ["a (U+0061) at position 3"]),
        (["白日\x00"], None, ["U+0000", "position 3"]),
        ([], "春月\n\n春1".encode(), ["stdin, poem 2", "1 (U+0031) at position 2"]),
        (["--colour", SOUND], None, ["--colour"]),
        ([str(ROOT / "tests")], None, ["cannot read", "tests"]),
        (["月" * 5000 + "a"], None, ["position 5001"]),
    ],
)
def test_bad_input_is_one_line(arguments, stdin, words):
    error = one_line_error(CliRunner().invoke(check, arguments, input=stdin))
    assert all(word in error for word in words), error


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (f"{SOUND} > /dev/full", "No space left on device"),
        ("- <&-", "there is no stdin; give a poem or a file of poems"),
    ],
)
def test_streams_that_fail_are_one_line(arguments, words):
    command = f"'{sys.executable}' '{ROOT}/check.py' {arguments}"
    process = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert (process.returncode, process.stderr) == (2, f"Error: {words}\n")


def test_nothing_is_printed_when_a_later_poem_cannot_be_read():
    one_line_error(run(check, SOUND, "春月☃"))


def test_characters_without_readings_are_unknown():
    text = SOUND.replace("雪", "𠀀")
    assert checked("--form", "五绝", text).splitlines()[1] == " 1 C 塞𠀀迷征馬  仄？平通仄"


def test_the_script_needs_no_paddle():
    for arguments, shown in (([SOUND], "no fault"), (["--look", "看"], "寒"), (["--rhymes", "东"], "风")):
        code = (
            f"import sys, check\ntry: check.check({arguments!r})\n"
            "except SystemExit: print('paddle' in sys.modules)"
        )
        result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
        assert result.stdout.decode().splitlines()[-1] == "False" and shown in result.stdout.decode()


def test_the_examples_of_the_page_on_checking_are_what_it_prints():
    page = (ROOT / "docs" / "checking.md").read_text(encoding="utf-8")
    examples = re.findall(r"```console\n\$ python check.py (.*)\n((?:.*\n)*?)```", page)
    assert len(examples) >= 7
    for arguments, printed in examples:
        assert checked(*arguments.split()) == printed


def test_help_is_short():
    result = run(check, "--help")
    assert result.exit_code == 0 and len(result.stdout.splitlines()) < 20
    assert "--form" in result.stdout and "--json" in result.stdout


def test_the_parallelism_of_a_lushi_is_noted():
    lines = checked(LUSHI).splitlines()
    *notes, last = lines[-4:]  # in the order of the lines
    assert notes == [
        "对仗 line 4: 1.02",
        "对仗 line 6: 0.98",
        "平读 line 8, character 4: 胜 is mostly oblique 仄",
    ]
    assert last == "no fault"
    assert [note["name"] for note in json.loads(checked("--json", LUSHI))["notes"]].count("对仗") == 2
    weak = checked(LUSHI.replace("恨别鸟惊心", "何必问鸣琴")).splitlines()
    assert weak[-4].startswith("对仗 line 4: -") and weak[-4].endswith(", weak")


def test_a_couplet():
    couplet = "两个黄鹂鸣翠柳，一行白鹭上青天。"
    lines = checked("--couplet", couplet).splitlines()
    assert lines[0] == "对联" and lines[-2].startswith("对仗 line 2: 1.") and lines[-1] == "no fault"
    wrong = couplet.replace("天", "水")
    assert checked("--couplet", wrong, code=1).splitlines()[3:4] == [
        "收尾 line 2, character 7: 水 is oblique 仄, level 平 wanted at the end"
    ]
    assert json.loads(checked("--json", "--couplet", couplet))["form"] == "couplet"
    assert "--couplet is empty" in one_line_error(run(check, "--couplet", "。"))
    assert "take out POEM" in one_line_error(run(check, "--couplet", couplet, SOUND))
    assert "take out --form" in one_line_error(run(check, "--couplet", couplet, "--form", "五绝"))


def test_a_file_without_end_is_not_read_whole(tmp_path):
    with open(tmp_path / "large", "wb") as file:
        file.truncate((1 << 24) + 1)
    assert "is longer than 16 MiB" in one_line_error(run(check, tmp_path / "large"))
