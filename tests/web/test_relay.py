"""The relay in front of the replicas of a cluster: no request is lost if one of them dies."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI, Request

from poetry.web.guard import MOST_BYTES
from poetry.web.relay import TRIES, Relay, answered

app = FastAPI()


class Died(Exception):
    """Raised by a replica that has died."""


@app.post("/echo")
async def echo(request: Request) -> dict:
    body = await request.body()
    return {"query": request.url.query, "agent": request.headers["x-agent"], "size": len(body)}


class Replicas:
    """Replicas; the first ``dying`` that are asked die after ``begun`` messages of their answer."""

    def __init__(self, dying, begun=0):
        self.dying, self.begun, self.asked = dying, begun, 0

    async def answer(self, scope, body):
        self.asked += 1
        dies, told = self.asked <= self.dying, 0
        async for message in answered(app, scope, body):
            if dies and told == self.begun:
                raise Died
            told += 1
            yield message


def post(replicas, content=b"{}"):
    async def ask():
        transport = httpx.ASGITransport(Relay(replicas.answer, Died))
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.post("/echo?a=1", content=content, headers={"X-Agent": "tester"})

    return asyncio.run(ask())


@pytest.mark.parametrize("dying", range(TRIES))
def test_a_request_is_given_to_another_replica_where_one_dies(dying):
    replicas = Replicas(dying)
    response = post(replicas)
    assert response.json() == {"query": "a=1", "agent": "tester", "size": 2} and response.status_code == 200
    assert replicas.asked == dying + 1


def test_it_is_not_tried_for_ever():
    replicas = Replicas(TRIES)
    with pytest.raises(Died):
        post(replicas)
    assert replicas.asked == TRIES


def test_an_answer_that_has_begun_is_not_begun_again():
    replicas = Replicas(1, begun=1)
    with pytest.raises(Died):
        post(replicas)
    assert replicas.asked == 1


def test_no_more_of_a_body_is_read_than_it_takes_to_refuse_it():
    assert post(Replicas(0), b"x" * MOST_BYTES).json()["size"] == MOST_BYTES
    assert post(Replicas(0), b"x" * 3 * MOST_BYTES).json()["size"] == MOST_BYTES + 1


def test_closing_the_answer_ends_the_work():
    ended = []

    async def slow(scope, receive, send):
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await asyncio.Event().wait()
        finally:
            ended.append(True)

    async def leave():
        messages = answered(slow, {}, b"")
        assert (await anext(messages))["status"] == 200
        await messages.aclose()
        await asyncio.sleep(0)

    asyncio.run(leave())
    assert ended == [True]


def test_a_fault_of_the_application_is_told():
    async def faulty(scope, receive, send):
        raise ValueError("a fault")

    async def ask():
        return [message async for message in answered(faulty, {}, b"")]

    with pytest.raises(ValueError, match="a fault"):
        asyncio.run(ask())
