"""The routes: the page, what it asks, and what other programs may ask."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from poetry.base.errors import PoetryError
from poetry.composing import checking
from poetry.composing.asked import Asked
from poetry.composing.card import fault_card
from poetry.composing.verifying import OTHER_MODEL, verdict
from poetry.verse.form import FREE
from poetry.web import schemas
from poetry.web.answers import EVENTS, REFUSED, answer, composed, done, poems, refused
from poetry.web.checked import checked, read
from poetry.web.dispatcher import Dispatcher
from poetry.web.guard import Guard
from poetry.web.metrics import Metrics

STATIC = Path(__file__).parent / "static"
GRACE = 3.0  # seconds for work in progress to finish when the server stops
_JOIN = 10.0  # seconds for the dispatcher's thread to end


def create_app(
    dispatcher: Dispatcher, hosts: Collection[str], say: Callable[[str], None], static: Path = STATIC
) -> FastAPI:
    """Create the application. It starts and stops the dispatcher.

    ``hosts``: the host names that requests may use; ``say`` logs faults of the program; ``static``: the
    folder with the files of the page.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        dispatcher.start()
        yield
        dispatcher.close(0)
        await asyncio.to_thread(dispatcher.join, _JOIN)

    app = FastAPI(
        title="poetry",
        summary="Composes and checks classical Chinese verse.",
        docs_url=None,  # the page of FastAPI loads scripts from another machine
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    metrics = Metrics(lambda: len(dispatcher), lambda: dispatcher.drafts)
    dispatcher.on_poem = metrics.poems.inc
    app.add_middleware(Guard, hosts=hosts, metrics=metrics, say=say)
    for kind in REFUSED:
        app.add_exception_handler(kind, refused)
    _add_page(app, dispatcher, metrics, static)
    _add_composing(app, dispatcher)
    _add_checking(app, dispatcher)
    return app


def _add_page(app: FastAPI, dispatcher: Dispatcher, metrics: Metrics, static: Path) -> None:
    """Add the page, and the routes for operators: metrics, health, info."""

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        index = static / "index.html"
        if not index.is_file():
            raise HTTPException(404, "the page is not here")
        return FileResponse(index)

    app.mount("/static", StaticFiles(directory=static, check_dir=False))

    @app.get("/metrics", include_in_schema=False)
    async def measured() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/healthz", responses={503: {"description": "the model is not loaded yet"}})
    async def healthz() -> Response:
        ok = dispatcher.ready.is_set() and not dispatcher.failed
        headers = {} if ok else {"Retry-After": "1"}
        return JSONResponse({"ok": ok}, 200 if ok else 503, headers)

    @app.get("/v1/info", responses=schemas.REFUSALS)
    async def info(request: Request) -> Response:
        return JSONResponse(await done(request, dispatcher, lambda engine: engine.info(schemas.MOST)))


def _add_composing(app: FastAPI, dispatcher: Dispatcher) -> None:
    """Add the routes that compose."""

    @app.post(
        "/v1/poems",
        responses={200: {"model": schemas.Composed, "content": {EVENTS: {}}}, **schemas.REFUSALS},
    )
    async def compose(request: Request, wanted: schemas.Poems) -> Response:
        return await composed(request, dispatcher, Asked.of(schemas.given(wanted)), wanted)

    @app.post(
        "/v1/revise",
        responses={200: {"model": schemas.Composed, "content": {EVENTS: {}}}, **schemas.REFUSALS},
    )
    async def revise(request: Request, wanted: schemas.Revise) -> Response:
        keep = " ".join(map(str, wanted.keep)) if wanted.keep else None
        options = schemas.given(wanted) | {"revise": wanted.text, "keep": keep}
        return await composed(request, dispatcher, Asked.of(options), wanted)

    @app.post("/v1/plan", responses={200: {"model": schemas.Planned}, **schemas.REFUSALS})
    async def plan(request: Request, wanted: schemas.Poems) -> Response:
        asked = Asked.of(schemas.given(wanted))
        made = await done(request, dispatcher, lambda engine: engine.composer.plan(asked))
        return answer(request, {"notes": list(made.notes), "faults": list(map(fault_card, made.faults))})

    @app.post("/v1/verify", responses={200: {"model": schemas.Verified}, **schemas.REFUSALS})
    async def verify(request: Request, card: schemas.CardAsked) -> Response:
        asked = Asked.of(schemas.given(card.asked))
        if card.model != await done(request, dispatcher, lambda engine: engine.composer.model_hash):
            found = OTHER_MODEL
        else:
            one = await poems(
                request, dispatcher, lambda engine: engine.composer.request(asked, 1, card.seed, card.number)
            )
            found = verdict(card.model_dump(include={"text"}), one[0][0].text)
        return JSONResponse({"same": found.same, "reason": found.reason})


def _add_checking(app: FastAPI, dispatcher: Dispatcher) -> None:
    """Add the routes that examine verse and compose nothing."""

    @app.post("/v1/check", responses={200: {"model": schemas.Checked}, **schemas.REFUSALS})
    async def check(request: Request, wanted: schemas.Check) -> Response:
        verse, form = await asyncio.to_thread(read, wanted.text, wanted.form)
        found = await asyncio.to_thread(checked, verse, form)
        if wanted.surprise:
            if found["gaps"]:
                raise PoetryError("text has a ？ where no line ends; give a whole poem")
            told = form or FREE
            nats = await done(request, dispatcher, lambda engine: engine.composer.surprise(verse, form=told))
            _add_surprise(found["lines"], nats)
        return await asyncio.to_thread(answer, request, found)

    @app.post("/v1/why", responses={200: {"model": schemas.Reasons}, **schemas.REFUSALS})
    async def why(request: Request, wanted: schemas.Why) -> Response:
        place, options = (wanted.text, wanted.line, wanted.position), schemas.given(wanted)
        return JSONResponse(
            asdict(await done(request, dispatcher, lambda engine: engine.composer.why(*place, **options)))
        )

    @app.post("/v1/nearest", responses={200: {"model": schemas.Neighbours}, **schemas.REFUSALS})
    async def nearest(request: Request, wanted: schemas.Nearest) -> Response:
        line = checking.typed_verse(wanted.line, "line", keep_pauses=True)
        known, index = await done(
            request, dispatcher, lambda engine: (engine.composer.knows(line), engine.lines)
        )
        found = await asyncio.to_thread(index.nearest, line) if index else []
        return JSONResponse({"known": known, "nearest": list(map(asdict, found)), "corpus": bool(index)})


def _add_surprise(lines: list[dict[str, Any]], nats: list[list[float]]) -> None:
    """Write the surprise of each character, ``nats`` by line, into the lines of a card."""
    characters = chain.from_iterable(line["characters"] for line in lines)
    for character, surprise in zip(characters, chain.from_iterable(nats), strict=True):
        character["surprise"] = surprise
