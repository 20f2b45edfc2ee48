"""The Chinese messages of the server; each row of the table belongs to a message of the program."""

import ast
import json
import re
import subprocess
import sys
from importlib.resources import files
from itertools import chain
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from live_server import make_dispatcher

from poetry.base.errors import PoetryError
from poetry.base.folders import BUNDLED
from poetry.base.tables import table_lines
from poetry.composing.asked import Asked
from poetry.composing.planning import make_plan
from poetry.learning import checkpoint
from poetry.text.poem_vocabulary import EOP, PAD, START, TITLE, PoemVocabulary
from poetry.verse.form import FORMS, MARKS
from poetry.verse.tunes import find_tune
from poetry.web import chinese
from poetry.web.address import HERE
from poetry.web.app import create_app
from poetry.web.faults import told

PACKAGE = Path(chinese.__file__).parents[1]
POEM = "春江水暖柳丝长，两岸人家半夕阳。小艇不知归去晚，一声渔笛满横塘。"
CI = "一曲新词酒一杯，去年天气旧亭台。夕阳西下几时回？无可奈何花落去，似曾相识燕归来。小园香径独徘徊。"
LILT = "常记溪亭日暮。沉醉不知归路。兴尽晚回舟，误入藕花深处。争渡。争渡。惊起一滩鸥鹭。"
PAIRS = (
    "平林漠漠烟如织，寒山一带伤心碧。暝色入高楼，有人楼上愁。玉阶空伫立，宿鸟归飞急。何处是归程，长亭更短亭。"
)
FAULTY = "牛头菩萨面，马面夜叉头。不作五逆罪，快乐百无忧。"


def plan(**asked):
    """Return a request to /v1/plan."""
    return "plan", asked


def check(text, form=None):
    """Return a request to /v1/check."""
    return "check", {"text": text, "form": form}


def why(text, line=1, position=1, **asked):
    """Return a request to /v1/why."""
    return "why", {"text": text, "line": line, "position": position, **asked}


REFUSED = [
    plan(start="“”"),
    check(""),
    ("nearest", {"line": "，"}),
    plan(theme="一 二 三 四 五"),
    plan(start="春" * 128),
    plan(start="，春"),
    plan(start="春\u200b"),
    plan(start="春x江"),
    plan(start="春xyz江abc"),
    plan(start="春" * 2001),
    plan(form="七绝", start="春。" * 5),
    plan(form="七绝", start="春江水暖，"),
    plan(form="七绝", start="春江", acrostic="花江水暖"),
    plan(start="春风，江水，花月", acrostic="春江"),
    plan(start="春风来，江水，", acrostic="春江"),
    plan(form="浣溪沙", start="春江水暖，两岸"),
    plan(form="浣溪沙", start="春。" * 12),
    plan(form="七绝", acrostic="春江"),
    plan(form="浣溪沙", acrostic="春江"),
    plan(acrostic="春" * 33),
    plan(couplet="春风又绿江南岸，明月何时照我还"),
    plan(couplet="春风"),
    plan(couplet="春风又绿江南岸", start="春"),
    plan(theme="，"),
    plan(theme="春" * 2001),
    plan(prefix="，春"),
    plan(acrostic="春x"),
    plan(form="春" * 2001),
    plan(theme="春江花月夜"),
    plan(form="浣溪纱纱"),
    plan(form="it's"),
    plan(form="五排"),
    plan(rhyme="东"),
    plan(tones=False),
    plan(form="七绝", rhyme="甲"),
    plan(form="七绝", rhyme="纸"),
    plan(form="浣溪沙", rhyme="屋"),
    plan(length=1),
    plan(temperature=101),
    plan(temperature=-1),
    plan(temperature=None),
    plan(top_p=0),
    plan(seed=-1),
    plan(num=1.5),
    check("春x"),
    check("，。"),
    check("春", "浣溪沙"),
    check("春" * 6000),
    ("revise", {"text": POEM}),
    why(POEM.replace("暖", "？")),
    why(POEM, 5),
    why(POEM, 1, 8),
    why(POEM[:16], form="七绝"),
    why(POEM[:16], form="浣溪沙"),
]
TOLD = [
    plan(form="七绝", start="月月月落落落霜", rhyme="东"),
    plan(form="七绝", start="锟𪚥"),
    plan(form="七绝", theme="锟"),
    plan(form="浣溪沙", start="一曲新词酒一东，去年天气旧亭台。"),
    check(POEM, "五绝"),
    check(POEM, "五排"),
    check(POEM.replace("渔笛满横塘", "。")),
    check(POEM.replace("两岸人家", "人家两岸"), "七绝"),
    check(FAULTY, "五绝"),
    check("白日依山尽，黄河入日流。欲穷千里目，更上一层流。", "五绝"),
    check("白日依山尽，黄河入海云。浑欲不胜簪，更上一层云。", "五绝"),
    check("牛头菩萨面，马面夜叉头。不？五逆罪，快乐百无忧。", "五绝"),
    check(POEM.replace("塘", "诗"), "七绝"),
    check(POEM.replace("长", "色").replace("塘", "诗"), "七绝"),
    check("移舟泊烟渚，日暮客愁新。野旷天低树，江清月近人。"),
    check("南朝四百八十寺，多少楼台烟雨中。千里莺啼绿映红，水村山郭酒旗风。", "七绝"),
    check("春", "对联"),
    check("春风，江水绿。", "对联"),
    check("山山水水清清处，红红绿绿白红风。", "对联"),
    check("青山处处花开落，白水时明月去来。", "对联"),
    check("春风又绿江南风，明月何风照我月。", "对联"),
    check(CI.replace("徘徊", "徘"), "浣溪沙"),
    check(CI.replace("夕阳西下几时回？", ""), "浣溪沙"),
    check(CI.replace("台。", "台"), "浣溪沙"),
    check(CI.replace("何", "何，").replace("去，", "去"), "浣溪沙"),
    check(CI.replace("何", "何、").replace("去，", "去"), "浣溪沙"),
    check("春" * 58, "虞美人"),
    check("春" * 60, "定风波"),
    check(LILT.replace("争渡。惊", "争去。惊"), "如梦令"),
    check(PAIRS.replace("更短亭", "更短家"), "菩萨蛮"),
    check(PAIRS.replace("更短亭", "更短人"), "菩萨蛮"),
]


@pytest.fixture(scope="module")
def client():
    with TestClient(
        create_app(make_dispatcher(checkpoint.newest_model([BUNDLED])), HERE, print),
        base_url="http://localhost",
    ) as client:
        yield client


def ask(client, path, body, language):
    """Return the answer in a language."""
    return client.post(f"/v1/{path}", json=body, headers={"accept-language": language})


def words(answer):
    """Return the English words in the messages of an answer."""
    said = [answer.get("error", ""), *(fault["detail"] for fault in answer.get("faults", []))]
    said += [note if isinstance(note, str) else note["detail"] for note in answer.get("notes", [])]
    return re.findall("[A-Za-z]{2,}", " ".join(said))


@pytest.mark.parametrize(("path", "body"), REFUSED)
def test_what_is_refused_is_told_in_chinese(client, path, body):
    english, answer = (ask(client, path, body, language) for language in ("en", "zh-Hans"))
    assert answer.status_code == english.status_code >= 400
    assert answer.json()["option"] == english.json()["option"]
    assert set(words(answer.json())) <= {"length", "top_p", "top", "it"} and words(english.json())


@pytest.mark.parametrize(("path", "body"), TOLD)
def test_faults_and_notes_are_told_in_chinese(client, path, body):
    english, answer = (ask(client, path, body, language) for language in ("en", "zh-Hans"))
    assert answer.status_code == english.status_code == 200
    assert words(english.json()) and words(answer.json()) == []
    assert answer.json().get("lines") == english.json().get("lines")


def met(messages):
    """Return the rows of the table that match the messages, or texts in their holes."""
    found = set()
    translate = chinese.chinese

    def noted(message, depth=0):
        held = [row for row in chinese.table() if row[0].fullmatch(message)]
        assert len(held) < 2, f"several rows hold for {message}"
        found.update(held)
        return translate(message, depth)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chinese, "chinese", noted)
        for message in messages:
            chinese.chinese(message)
    return found


def said(answer):
    """Yield the messages of an answer."""
    yield from filter(None, [answer.get("error")])
    for one in (*answer.get("faults", []), *answer.get("notes", [])):
        yield one if isinstance(one, str) else one["detail"]


def said_of_few():
    """Yield the messages about a model that knows few characters."""
    words = [*MARKS, *"春夏秋冬风花雪月山水云雨江河湖海", EOP, START, PAD]
    for tokens, asked in (
        ([], {"theme": "春"}),
        ([], {"form": FORMS[0], "rhyme": "江"}),
        ([], {"form": FORMS[0], "start": "月水雨花江"}),
        ([], {"form": find_tune("浣溪沙"), "rhyme": "江"}),
        ([], {"form": find_tune("如梦令"), "rhyme": "纸"}),
    ):
        with pytest.raises(PoetryError) as error:
            make_plan(PoemVocabulary([*words, *tokens]), Asked(**asked))
        yield told(error.value)["error"]
    yield from make_plan(PoemVocabulary([*words, TITLE]), Asked(theme="风锟")).notes


def templates():
    """Yield the string literals of the program, with {} for each inserted value."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(each.value if isinstance(each, ast.Constant) else "{}" for each in node.values)


def test_every_row_is_of_a_message(client):
    """Each row matches a message given here, or a string of the program exactly."""
    answers = [ask(client, path, body, "en").json() for path, body in REFUSED + TOLD]
    held = met([*chain.from_iterable(map(said, answers)), *said_of_few()])
    texts = {*templates()}
    unheard = [english for english, row in zip(rows(), chinese.table(), strict=True) if row not in held]
    assert [english for english in unheard if re.sub(r"\{\w+\}", "{}", english) not in texts] == []
    assert len(unheard) < 12


def rows():
    """Return the English side of the table."""
    return [line.split("\t")[0] for line in table_lines(files("poetry.web.tables") / "chinese.tsv")]


def test_the_words_have_the_holes_of_the_message():
    for pattern, words in chinese.table():
        assert set(re.findall(r"\{(\w+)\}", words)) <= set(pattern.groupindex), words
        assert words and not re.search("[\t,;.]", words.replace("--allow_host", "")), words


def test_what_the_table_has_not_stays_as_it_is():
    for message in ("", "春", "start: something new", "a text of x characters"):
        assert chinese.chinese(message) == message


DEEP = "what is given breaks a rule and is kept: x in line 1, character 1: "


@pytest.mark.parametrize(
    "option",
    [
        "1" + ": 1 ci are so, 1 have 1" * 600,
        "1" + ", and line 1 breaks with it too" * 400 + ": 1 ci are so, 1 have 1",
        DEEP * 200,
    ],
)
def test_an_option_may_hold_messages_in_messages(client, option):
    english, answer = (ask(client, "plan", {option: 1}, language) for language in ("en", "zh"))
    assert answer.status_code == english.status_code == 422
    assert answer.json()["option"] == option
    assert len(re.findall("所给之字不合律", answer.json()["error"])) <= 4


def test_words_of_a_message_many_times_take_no_long_time():
    """Run in another process with a time limit: a slow pattern would take hours."""
    parts = ("' is no form or tune; take one of: x", "; to check only: x", "; or a tune, the nearest are x")
    message = "form: '" + "".join(part * 190 for part in parts) + ": Extra inputs are not permitted"
    code = "import sys; from poetry.web.chinese import chinese; m = sys.stdin.read(); assert chinese(m) == m"
    command = [sys.executable, "-c", code]
    subprocess.run(command, input=message, text=True, cwd=PACKAGE.parent, timeout=60, check=True)


@pytest.mark.parametrize(
    ("accepted", "is_chinese"),
    [
        ("", False),
        ("*", False),
        ("en", False),
        ("zh", True),
        ("zh-Hans", True),
        ("ZH-tw", True),
        ("zh-CN,zh;q=0.9,en;q=0.8", True),
        ("en-US,en;q=0.9,zh-CN;q=0.8", False),
        ("en;q=0.5, zh;q=0.7", True),
        ("fr, zh;q=0.9, en;q=0.8", True),
        ("zh, en", True),
        ("zh;q=0", False),
        ("zh;q=x,en", True),
        ("zhang", False),
        (",;=", False),
    ],
)
def test_the_language_is_the_one_that_is_asked_for(accepted, is_chinese):
    answer = {"error": "the server stops", "option": None}
    said = {"error": "服务器正在关闭", "option": None} if is_chinese else answer
    assert chinese.in_language(answer, accepted) == said


def test_only_messages_are_translated():
    card = {"text": "rhyme", "lines": [{"text": "rhyme"}], "asked": {"start": "rhyme"}, "notes": ["rhyme"]}
    assert chinese.in_language({"poems": [card]}, "zh") == {"poems": [card | {"notes": ["韵"]}]}


def test_poems_and_events_are_told_in_chinese(client):
    asked = {"form": "七绝", "start": "月月月落落落霜", "candidates": 1, "seed": 5}
    answer = ask(client, "poems", asked, "zh").json()
    assert answer["notes"] == answer["poems"][0]["notes"] and len(answer["notes"]) > 1
    assert answer["notes"][0].startswith("所给之字不合律，仍予保留：失律，第1句第")
    assert all("宜" in fault["detail"] for fault in answer["poems"][0]["faults"])
    heard = client.post(
        "/v1/poems", json=asked, headers={"accept-language": "zh", "accept": "text/event-stream"}
    )
    events = dict(re.findall(r"event: (\w+)\ndata: (.*)", heard.text))
    assert json.loads(events["poem"]) == answer["poems"][0]
    assert json.loads(events["done"])["notes"] == answer["notes"]


def test_a_card_in_chinese_is_verified(client):
    asked = {"form": "七绝", "start": "月月月落落落霜", "candidates": 1, "seed": 5}
    card = ask(client, "poems", asked, "zh").json()["poems"][0]
    assert client.post("/v1/verify", json=card).json()["same"]
