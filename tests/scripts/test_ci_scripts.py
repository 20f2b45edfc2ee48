"""Ci on the command line: check.py and generate.py as a user runs them."""

import json

import pytest
from conftest import one_line_error, run
from test_check import checked

from check import check
from generate import generate

FIRST = "三十余年事不成。\n但令人世向春亭。\n玉颜千岁与君倾。\n"
SECOND = "桃李已开天上出，凤楼今在苑中行。\n花时风送一枝明。\n"
SAND = FIRST + "\n" + SECOND
DREAM = "常记溪亭日暮，沉醉不知归路。兴尽晚回舟，误入藕花深处。争渡，争渡，惊起一滩鸥鹭。\n"
POEM = "塞雪迷征马，孤旗出汉关。将军看剑老，犹自梦燕山。\n"


def names(stdin, *arguments):
    return [json.loads(line)["form"] for line in checked("--json", *arguments, stdin=stdin).splitlines()]


def test_a_sound_ci():
    lines = checked("--form", "浣溪沙", SAND).splitlines()
    assert lines[0] == "浣溪沙 · 42 characters, level rhymes · rhyme groups 11"
    assert lines[1] == " 1   三十余年事不成  通仄平平仄通平"
    assert lines[4] == "" and lines[5].startswith(" 4   桃李")
    assert lines[-1] == "no fault"


def test_a_fault_is_named_and_with_form_the_exit_code_tells():
    broken = SAND.replace("向春亭", "向春月")
    says = "失律 line 2, character 7: 月 is oblique 仄, level 平 wanted"
    assert says in checked("--form", "浣溪沙", broken, code=1)
    assert says in checked(stdin=broken)


def test_tunes_and_poems_are_told_apart():
    assert names(f"{SAND}\n{DREAM}\n{POEM}") == ["浣溪沙", "如梦令", "wujue"]
    assert names(f"{SAND}\n{SAND}", "--form", "浣溪沙") == ["浣溪沙"] * 2
    assert names(f"{DREAM}\n{DREAM}", "--form", "如梦令") == ["如梦令"] * 2


def test_a_name_above_tells_the_tune():
    (record,) = map(json.loads, checked("--json", stdin=f"浣溪沙・春\n{SAND}").splitlines())
    assert record["form"] == "浣溪沙" and record["stanzas"] == [1, 4] and not record["faults"]
    assert record["variant"] == {"characters": 42, "commonest": True} and record["rhymes"] == [11]
    assert names(f"如梦令\n{SAND}") == ["如梦令"]
    assert names(f"浣溪沙\n{SAND}\n如梦令\n{DREAM}") == ["浣溪沙", "如梦令"]


@pytest.mark.parametrize("name", ["浣溪沙", "浣溪紗", "減字浣溪沙", " 浣溪沙"])
def test_names_of_a_tune(name):
    assert names(SAND, "--form", name) == ["浣溪沙"]


@pytest.mark.parametrize("script", [check, generate])
def test_the_nearest_tunes_are_offered(script):
    assert "the nearest are 沁园春" in one_line_error(run(script, "--form", "沁春园"))


def test_a_text_that_is_no_such_ci():
    error = one_line_error(run(check, "--form", "浣溪沙", "春江潮水连海平"))
    assert "a text of 7 characters is no 浣溪沙, which has 42/48" in error


def test_poems_are_printed_before_one_that_is_no_such_ci():
    result = run(check, "--json", "--form", "如梦令", DREAM, "春江潮水连海平")
    assert [json.loads(line)["form"] for line in result.stdout.splitlines()] == ["如梦令"]
    assert result.exit_code == 2 and "POEM: a text of 7 characters is no 如梦令" in result.stderr


def test_forms_are_listed_without_a_model():
    result = run(generate, "--forms")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "wujue 五绝 · 4 lines of 5 characters"
    pattern = "中仄中平中仄。中仄中平中仄。中仄仄平平，中仄中平中仄。中仄。中仄。中仄中平中仄。"
    assert f"如梦令 · 33 characters, oblique rhymes · {pattern}" in lines


@pytest.mark.parametrize("title", ["", "浣溪沙\n", "浣溪沙\n\n"])
def test_stanzas_and_a_title_may_have_an_empty_line(title, tmp_path):
    ci = "楼上晴天碧四垂\n楼前芳草接天涯\n劝君莫上最高梯\n\n新笋已成堂下竹\n落花都入燕巢泥\n忍听林表杜鹃啼"
    poem = "两个黄鹂鸣翠柳，一行白鹭上青天。窗含西岭千秋雪，门泊东吴万里船。"
    (tmp_path / "poems.txt").write_text(f"{title}{ci}\n\n七绝\n\n{poem}", encoding="utf-8")
    ci, poem = map(json.loads, run(check, "--json", tmp_path / "poems.txt").stdout.splitlines())
    assert ci["form"] == "浣溪沙" and len(ci["lines"]) == 6 and not ci["faults"]
    assert poem["form"] == "qijue" and not poem["faults"]


def test_the_list_of_forms_stands_alone():
    assert "--json does not go with --forms" in one_line_error(run(generate, "--forms", "--json"))


def test_the_name_stands_above(small_model):
    result = run(generate, "--model_path", small_model, "--form", "wujue", "--title", "--num", 2, "--seed", 1)
    assert result.exit_code == 0
    first, second = result.stdout.strip().split("\n\n")
    assert first.split("\n")[0] == second.split("\n")[0] == "五绝" and len(first.split("\n")) == 3
