"""A server for tests of the page: the routes of the real one, with fixed poems and no model."""

import json
import threading
from collections.abc import Iterator
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from poetry.base.errors import PoetryError
from poetry.composing.asked import Asked
from poetry.text import script
from poetry.verse.form import FORMS, verse_lines
from poetry.verse.groups import BOOK, full_name
from poetry.verse.tunes import tunes
from poetry.web.checked import checked, read
from poetry.web.chinese import in_language, traditional_pairs

STATIC = Path(__file__).parents[2] / "poetry" / "web" / "static"
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
ANY_SEED = 5

# Composed by the bundled model: generate.py --form qijue --num 5 --seed 9
POEMS = [
    "长安远望海山路，白发相逢无一行。北斗孤灯留旧识，南溪不到见他情。",
    "金殿开时入御筵，汉家先乐在中天。玉阶宫阙随春雨，鸾凤楼前见夕烟。",
    "新榜乘春去不归，紫泥宫女已迎衣。金庭玉节通高宴，一炷秋风舞桂飞。",
    "白云高树水无波，日出长江雨过多。远岸平沙回首望，新亭对影上临河。",
    "昔在咸阳今日别，东方南国得人稀。春风满酌花开尽，云雨相随雪自归。",
]
ACROSTIC = "春云初上小池中，江水东流映画工。花落露浓香惹地，月斜风飐叶参空。"  # --acrostic 春江花月 --seed 3


class Refusal(Exception):
    """An error answer: (status, message, option)."""


class Stub(ThreadingHTTPServer):
    """A running server; ``asked`` holds (path, body) of each POST."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.busy = 0  # number of requests still to be answered 503
        self.breaks: dict[str, str] | None = None  # headers of an answer that breaks off, None for none
        self.drawn: dict[str, str] = {}  # {"theme": …} that each poem draws, if any
        self.hold = threading.Event()  # composing goes on while it is set
        self.hold.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.server_port}/"

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """The bodies that were posted to a path."""
        return [body for at, body in self.asked if at == path]


class Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: Stub

    def log_message(self, *_: Any) -> None:
        """Log nothing."""

    def do_GET(self) -> None:
        """Answer with the page, its files, or /v1/info."""
        if self.path == "/v1/info":
            return self._json(200, _info())
        path = STATIC / (self.path.removeprefix("/static/") if self.path != "/" else "index.html")
        if path.is_file():
            self._send(200, path.read_bytes(), KINDS[path.suffix])
        else:
            self._json(404, {"error": "there is no such page", "option": None})

    def do_POST(self) -> None:
        """Answer a request of the page."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body))
        answers = {
            "/v1/poems": self._poems,
            "/v1/revise": self._poems,
            "/v1/check": _check,
            "/v1/plan": _plan,
        }
        answers |= {"/v1/why": _why, "/v1/nearest": _nearest}
        try:
            found = answers[self.path](body)
            if found is not None:
                self._json(200, found)
        except Refusal as refusal:
            status, message, option = refusal.args
            self._json(status, {"error": message, "option": option}, {"Retry-After": "1"})
        except BrokenPipeError:
            pass  # the page closed the connection

    def _poems(self, body: dict[str, Any]) -> None:
        if self.server.busy:
            self.server.busy -= 1
            raise Refusal(503, "all places are taken; ask again in 1 s", None)
        _plan(body)
        seed = body.get("seed", ANY_SEED)
        cards = [_card(self.server.drawn | body, seed, number) for number in range(body["num"])]
        self._send_head("text/event-stream; charset=utf-8", more=self.server.breaks)
        count = len(cards[0]["lines"])
        for line in range(count):
            self._event("progress", {"done": line, "of": count})
            self.server.hold.wait(20)
        if self.server.breaks is not None:
            return
        for number, card in enumerate(cards):
            for ix, line in enumerate(card["lines"], 1):
                self._event("line", {"poem": number, "line": ix, "text": line["text"] + line["mark"]})
            self._event("poem", card)
        self._event("done", {"notes": [], "seed": seed})

    def _event(self, name: str, data: Any) -> None:
        self.wfile.write(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())
        self.wfile.flush()

    def _json(self, status: int, data: Any, more: dict[str, str] | None = None) -> None:
        said = in_language(data, self.headers.get("Accept-Language", ""))
        self._send(status, json.dumps(said).encode(), "application/json", more)

    def _send(self, status: int, data: bytes, kind: str, more: dict[str, str] | None = None) -> None:
        self._send_head(kind, status, (more or {}) | {"Content-Length": str(len(data))})
        self.wfile.write(data)

    def _send_head(self, kind: str, status: int = 200, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Security-Policy": "default-src 'self'"}
        for name, value in (headers | (more or {})).items():
            self.send_header(name, value)
        self.end_headers()


def _info() -> dict[str, Any]:
    forms = [
        {"name": form.name, "chinese": form.chinese, "lines": form.count, "characters": form.size}
        for form in FORMS
    ]
    listed = [
        {
            "name": tune.name,
            "sizes": sorted({len(variant) for variant in tune.variants}),
            "variants": len(tune.variants),
            "lines": [6] if tune.name == "浣溪沙" else [9],
        }
        for tune in tunes().values()
    ]
    rhymes = [
        {"group": group, "name": full_name(group).removeprefix(volume), "volume": volume}
        for volume, groups in BOOK.items()
        for group in groups
    ]
    model = {"name": "model.params.3", "sha256": "ab" * 32, "perplexity": 71.8}
    options = {"temperature": {"default": 0.4, "least": 0, "most": 100}}
    info = {"model": model, "forms": forms, "tunes": listed, "rhymes": rhymes, "options": options}
    return info | {"nearest": True, "takes_theme": True, "traditional": traditional_pairs()}


def _plan(body: dict[str, Any]) -> dict[str, Any]:
    for option in ("start", "acrostic", "prefix", "theme", "couplet", "form"):
        if "<" in body.get(option, ""):
            raise Refusal(400, f"--{option}: {body[option]} is no verse", option)
    for option in body.keys() - {field.name for field in fields(Asked)} - {"num", "seed", "text"}:
        raise Refusal(422, f"{option}: Extra inputs are not permitted", option)
    form = next((form for form in FORMS if form.name == body.get("form")), None)
    if "rhyme" in body and not form:
        raise Refusal(400, "rhyme needs a form; give one with form, as in form qijue", "rhyme")
    heads = len(body.get("acrostic", ""))
    if heads and form and heads != form.count:
        message = f"acrostic has {heads} characters, a {form} has {form.count} lines; give one for each line"
        raise Refusal(400, message, "acrostic")
    return {"notes": [], "faults": []}


def _card(body: dict[str, Any], seed: int, number: int) -> dict[str, Any]:
    text = ACROSTIC if body.get("acrostic") == ACROSTIC[0::8] else POEMS[(seed + number) % len(POEMS)]
    if "text" in body:  # what is locked stays, what is ？ comes from another poem
        kept = script.to_simplified(body["text"])
        text = "".join(new if old == "？" else old for old, new in zip(kept, text, strict=True))
    card = checked(*read(text, body.get("form")))
    if body.get("acrostic"):
        for line, head in zip(card["lines"], body["acrostic"], strict=False):
            line["characters"][0]["given"] = line["text"][0] == head
    if body.get("traditional"):
        for line in card["lines"]:
            line["text"] = script.to_traditional(line["text"])
            for character, sign in zip(line["characters"], line["text"], strict=True):
                character["character"] = sign
        text = script.to_traditional(text)
    asked = {name: value for name, value in body.items() if name not in ("num", "seed", "text")}
    card |= {"text": text, "title": "", "notes": [], "seed": seed, "number": number, "logprob": -3.2}
    return card | {"parts": {}, "model": "ab" * 32, "asked": asked}


def _check(body: dict[str, Any]) -> dict[str, Any]:
    try:
        card = checked(*read(body["text"], body.get("form")))
    except PoetryError as error:
        raise Refusal(400, str(error), "text") from None
    for ix, character in enumerate(_characters(card)):
        character["surprise"] = ix % 9 if body.get("surprise") else None
    return card


def _characters(card: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for line in card["lines"]:
        yield from line["characters"]


def _why(body: dict[str, Any]) -> dict[str, Any]:
    here = verse_lines(body["text"])[body["line"] - 1][body["position"] - 1]
    others = [sign for sign in "风月山水云花江天日人" if sign != here][:9]
    struck = {"风": "tones", "山": "rhyme", "云": "repetition"}
    converted = script.to_traditional if body.get("traditional") else str
    candidates = [
        {"character": converted(sign), "probability": 0.3 / (ix + 1), "struck_by": struck.get(sign)}
        for ix, sign in enumerate([here, *others])
    ]
    return {"character": here, "candidates": candidates, "rank": 1, "left": 0.31}


def _nearest(body: dict[str, Any]) -> dict[str, Any]:
    near = {"line": "春江潮水连海平", "title": "<b>春江花月夜</b>", "author": "张若虚", "distance": 5}
    return {"known": False, "nearest": [near], "corpus": True}
