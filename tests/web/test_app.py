"""The answers of the server."""

import json
import re

import pytest
from conftest import CORPUS
from fastapi.testclient import TestClient
from live_server import FEW, make_dispatcher

from poetry import Composer
from poetry.composing.asked import LIMITS
from poetry.text.nearest import make_index
from poetry.verse.form import FORMS, LONG_FORMS, MARKS, find_form
from poetry.verse.prosody import check_poem
from poetry.verse.tunes import tunes
from poetry.web import schemas
from poetry.web.address import HERE
from poetry.web.app import create_app

POEM = "春江水暖柳丝长，两岸人家半夕阳。小艇不知归去晚，一声渔笛满横塘。"


@pytest.fixture(scope="module")
def composer(small_model):
    return Composer.load(small_model)


@pytest.fixture(scope="module")
def said():
    return []


@pytest.fixture(scope="module")
def client(small_model, said, tmp_path_factory):
    static = tmp_path_factory.mktemp("static")
    (static / "index.html").write_text("<!doctype html><title>page</title>")
    (static / "app.js").write_text("1")
    app = create_app(make_dispatcher(small_model, say=said.append), HERE, said.append, static)
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        yield client


def events(answer):
    """Return (kind, data) of each server-sent event."""
    blocks = answer.text.strip().split("\n\n")
    found = [re.fullmatch(r"event: (\w+)\ndata: (.*)", block) for block in blocks]
    return [(match[1], json.loads(match[2])) for match in found]


def test_what_is_typed_in_traditional_characters_stays(client):
    asked = {"start": "云風", "candidates": 1, "traditional": True, "seed": 1}
    (poem,) = client.post("/v1/poems", json=asked).json()["poems"]
    assert poem["text"].startswith("云風")


def test_poems_are_those_of_the_library(client, composer):
    asked = {"form": "七绝", "acrostic": "春江花月", "candidates": 2, "traditional": True, "title": True}
    answer = client.post("/v1/poems", json={**asked, "num": 3, "seed": 8})
    assert answer.status_code == 200
    expected = [poem.card() for poem in composer.poems(3, 8, **asked)]
    found = answer.json()
    assert [card["text"] for card in found["poems"]] == [card["text"] for card in expected]
    assert found["seed"] == 8 and found["poems"][0]["asked"] == expected[0]["asked"]
    assert [card["number"] for card in found["poems"]] == [0, 1, 2]
    assert found["poems"][0]["logprob"] == pytest.approx(expected[0]["logprob"], abs=1e-3)
    schemas.Composed.model_validate(found)


def test_answers_to_a_couplet_are_those_of_the_library(client, composer):
    asked = {"couplet": "春风又绿江南岸", "candidates": 2}
    found = client.post("/v1/poems", json={**asked, "num": 2, "seed": 3}).json()["poems"]
    assert [card["text"] for card in found] == [poem.text for poem in composer.poems(2, 3, **asked)]


def test_a_seed_is_drawn_and_told(client):
    first = client.post("/v1/poems", json={"form": "wujue", "candidates": 1}).json()
    again = client.post("/v1/poems", json={"form": "wujue", "candidates": 1, "seed": first["seed"]}).json()
    assert first == again


def test_events_tell_lines_as_they_are_done_and_then_the_poem(client):
    asked = {"form": "七绝", "num": 2, **FEW}
    answer = client.post("/v1/poems", json=asked, headers={"accept": "text/event-stream"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = events(answer)
    kinds = [kind for kind, _ in found]
    progress = [data["done"] for kind, data in found if kind == "progress"]
    assert progress == sorted(set(progress)) and progress[0] == 0 and progress[-1] >= 6
    assert {data["of"] for kind, data in found if kind == "progress"} == {8}
    assert kinds[-1] == "done" and found[-1][1] == {"notes": [], "seed": 5}
    cards = client.post("/v1/poems", json=asked).json()["poems"]
    assert [data for kind, data in found if kind == "poem"] == cards
    lines = "".join(data["text"] for kind, data in found if kind == "line" and data["poem"] == 1)
    assert lines == cards[1]["text"].replace("\n", "")
    assert kinds.index("poem") == kinds.index("line") + 4


def test_what_is_refused_is_refused_before_there_are_events(client):
    asked = {"form": "qijue", "acrostic": "春"}
    answer = client.post("/v1/poems", json=asked, headers={"accept": "text/event-stream"})
    assert answer.status_code == 400 and answer.json()["option"] == "acrostic"


@pytest.mark.parametrize(
    ("asked", "status", "option", "text"),
    [
        ({"form": "七八"}, 400, "form", "七八"),
        ({"form": "wupai"}, 400, "form", "checked, not composed"),
        ({"start": "hello"}, 400, "start", "start"),
        ({"rhyme": "东"}, 400, "rhyme", "needs a form"),
        ({"theme": "秋"}, 400, "theme", "has not learned"),
        ({"num": schemas.MOST["num"] + 1}, 422, "num", "16"),
        ({"num": True}, 422, "num", "integer"),
        ({"candidates": 65}, 422, "candidates", "64"),
        ({"max_gen_len": 513}, 422, "max_gen_len", "512"),
        ({"temperature": -0.1}, 422, "temperature", "0"),
        ({"top_p": 0}, 422, "top_p", "greater than 0"),
        ({"seed": 2**32}, 422, "seed", "4294967295"),
        ({"start": "春" * 2001}, 422, "start", "2000"),
        ({"start": 5}, 422, "start", "string"),
        ({"nonsense": 5}, 422, "nonsense", "not permitted"),
        ({"revise": POEM}, 422, "revise", "not permitted"),
        ([], 422, None, "body"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(client, asked, status, option, text):
    answer = client.post("/v1/poems", json=asked)
    told = answer.json()
    assert (answer.status_code, told["option"]) == (status, option) and set(told) == {"error", "option"}
    assert text in told["error"] and "\n" not in told["error"] and "--" not in told["error"]


@pytest.mark.parametrize(
    "body", [b"{", b'{"temperature": NaN}', b'{"start": "\\ud800"}', b"[" * 16000, b"\xff"]
)
def test_what_is_no_json_is_refused(client, body):
    answer = client.post("/v1/poems", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422) and answer.json()["error"]


def test_a_plan_tells_its_notes_without_composing(client):
    text = "月落乌啼霜满天，江枫渔火对愁眠，"
    found = client.post("/v1/plan", json={"form": "七绝", "start": "月月月落落落霜", "rhyme": "东"}).json()
    assert found["faults"] and len(found["notes"]) >= len(found["faults"])
    assert client.post("/v1/plan", json={"form": "五绝", "start": text}).status_code == 400


def test_a_card_is_verified(client):
    card = client.post("/v1/poems", json={"form": "五律", "num": 2, **FEW}).json()["poems"][1]
    assert client.post("/v1/verify", json=card).json() == {"same": True, "reason": ""}
    other = card | {"text": "东" + card["text"][1:]}
    found = client.post("/v1/verify", json=other).json()
    assert not found["same"] and "character 1" in found["reason"]
    assert not client.post("/v1/verify", json=card | {"seed": 6}).json()["same"]
    assert "model" in client.post("/v1/verify", json=card | {"model": "0"}).json()["reason"]
    assert client.post("/v1/verify", json={"text": POEM}).status_code == 422
    wrong = client.post("/v1/verify", json=card | {"asked": card["asked"] | {"colour": "red"}})
    assert wrong.status_code == 422 and wrong.json()["option"] == "colour"
    wrong = client.post("/v1/verify", json=card | {"colour": "red"})
    assert wrong.status_code == 422 and wrong.json()["option"] == "colour"


def test_a_text_is_checked(client):
    found = client.post("/v1/check", json={"text": POEM}).json()
    schemas.Checked.model_validate(found)
    assert (found["form"], found["form_name"], found["rhyme"], found["regulated"]) == (
        "qijue",
        "七绝",
        "阳",
        True,
    )
    assert "".join(line["text"] + line["mark"] for line in found["lines"]) == POEM
    assert found["faults"] == [] and found["stanzas"] == [4]
    broken = client.post("/v1/check", json={"text": POEM.replace("满", "香"), "form": "七绝"}).json()
    expected = check_poem(POEM.replace("满", "香"), find_form("qijue")).faults
    assert [fault["name"] for fault in broken["faults"]] == [fault.name for fault in expected] != []
    assert client.post("/v1/check", json={"text": "hello"}).status_code == 400
    free = client.post("/v1/check", json={"text": "春风，花雪月。"}).json()
    assert free["form"] is None and free["regulated"] is False


def test_a_gap_is_a_character_and_a_question_a_mark(client):
    text = POEM.replace("暖", "？").replace("半夕阳。", "半夕阳？")
    found = client.post("/v1/check", json={"text": text}).json()
    assert (found["form"], found["gaps"], found["faults"]) == ("qijue", 1, [])
    assert "".join(line["text"] + line["mark"] for line in found["lines"]) == text
    gap = found["lines"][0]["characters"][3]
    assert (gap["character"], gap["tones"]) == ("？", "?")
    refused = client.post("/v1/check", json={"text": text, "surprise": True})
    assert refused.status_code == 400 and refused.json()["option"] == "text"
    whole = client.post("/v1/check", json={"text": "春江水暖柳絲長？"}).json()
    assert (whole["gaps"], whole["traditional"], found["traditional"]) == (0, True, False)
    for form, gaps in (("七绝", 1), ("五绝", 0)):  # it has not the lines of the other one
        assert client.post("/v1/check", json={"text": text, "form": form}).json()["gaps"] == gaps


def test_a_poem_is_revised(client, composer):
    asked = {"keep": [1, 2], "num": 2, "seed": 4, "candidates": 3}
    found = client.post("/v1/revise", json={"text": POEM, **asked}).json()
    schemas.Composed.model_validate(found)
    expected = [poem.text for poem in composer.revise(POEM, [1, 2], 2, 4, candidates=3)]
    assert [card["text"] for card in found["poems"]] == expected
    assert all(card["text"].startswith(POEM[:16]) for card in found["poems"])
    assert client.post("/v1/verify", json=found["poems"][1]).json()["same"]
    heard = events(
        client.post("/v1/revise", json={"text": POEM, **asked}, headers={"accept": "text/event-stream"})
    )
    assert [data["text"] for kind, data in heard if kind == "poem"] == expected
    assert {data["of"] for kind, data in heard if kind == "progress"} == {8}
    one = POEM[:-2] + "？。"
    (card,) = client.post("/v1/revise", json={"text": one, "candidates": 2, "form": "七绝"}).json()["poems"]
    assert card["text"].replace("\n", "")[:-2] == POEM[:-2]
    assert client.post("/v1/revise", json={"text": POEM}).json()["option"] == "text"
    assert client.post("/v1/revise", json={"text": POEM, "keep": [9]}).json()["option"] == "keep"


@pytest.mark.parametrize(
    ("path", "asked", "option"),
    [
        ("check", {"text": POEM, "form": "七八"}, "form"),
        ("check", {"text": "hello"}, "text"),
        ("revise", {"text": "x？" + POEM[2:]}, "text"),
        ("why", {"text": "x" + POEM[1:], "line": 1, "position": 2}, "text"),
        ("why", {"text": POEM, "line": 5, "position": 1}, "line"),
        ("why", {"text": POEM, "line": 1, "position": 8}, "position"),
        ("nearest", {"line": "hello"}, "line"),
        ("nearest", {"line": ""}, "line"),
    ],
)
def test_what_is_wrong_is_named_as_the_request_names_it(client, path, asked, option):
    answer = client.post(f"/v1/{path}", json=asked)
    assert (answer.status_code, answer.json()["option"]) == (400, option)
    assert answer.json()["error"].startswith(option)


@pytest.mark.parametrize("typed", ["", " \n", "，。", "“”"])
@pytest.mark.parametrize(
    ("path", "asked", "option"),
    [
        *(("poems", {}, option) for option in ("start", "prefix", "acrostic", "couplet")),
        ("revise", {}, "text"),
        ("why", {"line": 1, "position": 1}, "text"),
        ("check", {}, "text"),
        ("nearest", {}, "line"),
    ],
)
def test_an_empty_text_is_named(client, path, asked, option, typed):
    answer = client.post(f"/v1/{path}", json=asked | {option: typed})
    assert (answer.status_code, answer.json()["option"]) == (400, option)
    assert answer.json()["error"].startswith(f"{option} is empty; give it characters of verse")


def test_a_text_of_questions_alone_is_empty_where_a_character_is_asked_about(client):
    answer = client.post("/v1/why", json={"text": "？", "line": 1, "position": 1})
    assert answer.json()["error"] == "text is empty; give it characters of verse"


def test_it_says_why(client, composer):
    place = {"text": POEM, "line": 2, "position": 7, "form": "七绝"}
    found = client.post("/v1/why", json=place).json()
    schemas.Reasons.model_validate(found)
    expected = composer.why(POEM, 2, 7, form="七绝")
    assert (found["character"], found["rank"]) == ("阳", expected.rank) and len(found["candidates"]) == 10
    assert found["left"] == pytest.approx(expected.left, rel=1e-3)
    assert client.post("/v1/why", json=place | {"line": 5}).status_code == 400
    assert client.post("/v1/why", json=place | {"line": 0}).status_code == 422


@pytest.mark.parametrize(
    "option",
    [{"couplet": "春风"}, {"acrostic": "春江花月"}, {"start": "春江"}, {"revise": POEM}, {"keep": "1"}],
)
def test_an_option_that_has_no_meaning_for_why_is_named(client, option):
    answer = client.post("/v1/why", json={"text": POEM, "line": 2, "position": 7, **option})
    (name,) = option
    assert (answer.status_code, answer.json()["option"]) == (422, name)
    assert answer.json()["error"].startswith(name)


@pytest.mark.parametrize(
    ("text", "form"), [(POEM, None), (POEM, "七绝"), ("春风又绿江南岸，明月何时照我还。", "couplet")]
)
def test_surprise_is_told_of_each_character(client, composer, text, form):
    found = client.post("/v1/check", json={"text": text, "form": form, "surprise": True}).json()
    told = [each["surprise"] for line in found["lines"] for each in line["characters"]]
    asked = {"form": form} if form == "七绝" else {}
    assert told == pytest.approx(
        [nats for line in composer.surprise(text, **asked) for nats in line], rel=1e-3
    )


def test_without_a_corpus_no_line_is_near(client, monkeypatch, tmp_path):
    monkeypatch.setattr("poetry.web.engine.LINE_INDEX", tmp_path / "none.npz")
    found = client.post("/v1/nearest", json={"line": "月落乌啼霜满天"}).json()
    assert found == {"known": False, "nearest": [], "corpus": False}
    assert client.get("/v1/info").json()["nearest"] is False
    assert client.post("/v1/nearest", json={"line": "hello"}).json()["error"].startswith("line")


def test_lines_that_are_near_are_told(composer, small_model, monkeypatch, tmp_path):
    path = tmp_path / "lines.npz"
    lines, _ = make_index(path, CORPUS).lines[5]
    own = next(line for line in ("".join(map(chr, codes)) for codes in lines) if composer.knows(line))
    monkeypatch.setattr("poetry.web.engine.LINE_INDEX", tmp_path / "none.npz")
    with TestClient(
        create_app(make_dispatcher(small_model), HERE, print), base_url="http://localhost"
    ) as client:
        assert not client.post("/v1/nearest", json={"line": own}).json()["corpus"]
        monkeypatch.setattr("poetry.web.engine.LINE_INDEX", path)  # the file is written while the server runs
        assert client.get("/v1/info").json()["nearest"] is True
        found = client.post("/v1/nearest", json={"line": own + "，"}).json()
    schemas.Neighbours.model_validate(found)
    assert found["corpus"] and found["known"]
    assert (found["nearest"][0]["line"], found["nearest"][0]["distance"]) == (own, 0)


def test_info_tells_the_model_and_the_limits(client, composer):
    found = client.get("/v1/info").json()
    assert found["model"]["sha256"] == composer.model_hash and found["model"]["perplexity"] > 1
    assert [form["name"] for form in found["forms"]] == [form.name for form in FORMS]
    assert len(found["tunes"]) == len(tunes()) and {rhyme["name"] for rhyme in found["rhymes"]} > {
        "一东",
        "四纸",
    }
    level = [rhyme["name"] for rhyme in found["rhymes"] if "平" in rhyme["volume"]]
    assert len(level) == 30 and level[0] == "一东"
    assert found["options"]["temperature"] == {"default": 0.4, "least": 0, "most": 100}
    assert {name: found["options"][name]["most"] for name in schemas.MOST} == schemas.MOST
    assert all(most <= LIMITS[name].most for name, most in schemas.MOST.items())
    forms = dict(re.findall("(.)(.)", found["traditional"]))
    assert (
        forms["绝"] == "絕" and not forms.keys() & set("咸里") and all(map(str.__ne__, forms, forms.values()))
    )
    assert found["takes_theme"] is False and LONG_FORMS[0].name not in str(found["forms"])


def test_the_page_and_its_files(client):
    page = client.get("/")
    assert page.status_code == 200 and "page" in page.text and page.headers["cache-control"] == "no-cache"
    assert client.get("/static/app.js").text == "1"
    for path in ("/static/none.js", "/static/../app.py", "/none", "/v1/poems/", "/docs"):
        answer = client.get(path)
        assert answer.status_code == 404 and set(answer.json()) == {"error", "option"}
    assert client.get("/v1/poems").status_code == 405


def test_a_page_that_is_not_there(small_model, tmp_path):
    app = create_app(make_dispatcher(small_model), HERE, print, tmp_path / "none")
    answer = TestClient(app, base_url="http://localhost").get("/")
    assert answer.status_code == 404


def test_every_answer_tells_browsers_to_stay_here(client):
    for answer in (client.get("/"), client.get("/none"), client.post("/v1/check", json={"text": POEM})):
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers
    assert client.get("/", headers={"host": "evil.example"}).headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "localhost@evil.example"]
)
def test_other_names_are_refused(client, host):
    assert client.get("/healthz", headers={"host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8000", "LOCALHOST."])
def test_own_names_are_known(client, host):
    assert client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:9000", "http://localhost:8000"]
)
def test_other_origins_are_refused(client, origin):
    for path in ("/v1/poems", "/v1/check"):
        assert client.post(path, json={"text": POEM}, headers={"origin": origin}).status_code == 403


def test_its_own_origin_is_known(client):
    own = {"origin": "http://127.0.0.1:8000"}
    assert client.post("/v1/check", json={"text": POEM}, headers=own).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
def test_nothing_but_json_is_taken(client, kind):
    answer = client.post("/v1/check", content=json.dumps({"text": POEM}), headers={"content-type": kind})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("charset", "encoding", "status"),
    [
        ("; charset=utf-7", "utf-7", 415),
        ('; Charset="GBK"', "gbk", 415),
        ("", "gbk", 400),
        ("", "utf-16", 400),
        ("; charset=utf-8", "gbk", 400),
        ('; charset="UTF-8"', "utf-8", 200),
        ("; x", "utf-8-sig", 200),
    ],
)
def test_a_body_that_is_not_utf_8_is_called_so(client, charset, encoding, status):
    body = json.dumps({"text": POEM}, ensure_ascii=False).encode(encoding)
    answer = client.post("/v1/check", content=body, headers={"content-type": f"application/json{charset}"})
    assert answer.status_code == status
    assert ("not UTF-8" in answer.text) == (status != 200)


def test_scripts_are_text(client, said):
    script = "<script>alert(1)</script>"
    for name in ("form", "rhyme", "start", "prefix", "theme", "acrostic", "couplet"):
        answer = client.post("/v1/poems", json={name: script})
        assert answer.status_code == 400 and answer.headers["content-type"] == "application/json"
    for path, body in {
        "/v1/check": {"text": script},
        "/v1/plan": {"start": script},
        "/v1/verify": {"text": script, "model": script, "seed": 1, "number": 0, "asked": {"form": script}},
        "/v1/poems": {script: script},
    }.items():
        answer = client.post(path, json=body)
        assert answer.status_code in (400, 422) and answer.headers["content-type"] == "application/json"
    assert said == []


def test_metrics_count_routes_and_hold_no_text(client):
    client.post("/v1/poems", json={"form": "五绝", **FEW})
    client.get("/春江花月")
    text = client.get("/metrics").text
    assert 'poetry_requests_total{route="/v1/poems",status="200"}' in text and "poetry_poems_total" in text
    assert 'route="other",status="404"' in text and not set(text) & set("春江花月" + MARKS)
    assert "process_resident_memory_bytes" in text and "poetry_waiting 0.0" in text


def test_the_api_is_told_without_other_machines(client):
    told = client.get("/openapi.json").json()
    paths = {"/v1/poems", "/v1/check", "/v1/plan", "/v1/verify", "/v1/info", "/healthz"}
    assert paths <= set(told["paths"])
    limits = told["components"]["schemas"]["Poems"]["properties"]["temperature"]
    assert (limits["minimum"], limits["maximum"], limits["default"]) == (0, 100, 0.4)
