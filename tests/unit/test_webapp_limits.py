"""A body over the limit is refused without being read to its end."""

import asyncio
import json

import pytest

from webapp.limits import limit_body


@pytest.fixture(autouse=True)
def small_limit(settings):
    settings.MAX_BODY_BYTES = 100


async def application(scope, receive, send):
    """Reads the whole body, then answers its length."""
    length, more = 0, True
    while more:
        message = await receive()
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


def ask(chunks: list[bytes], headers=()) -> tuple[int, bytes, int]:
    """Status, body, and how many chunks were read."""
    sent, read = [], 0

    async def receive():
        nonlocal read
        read += 1
        return {"type": "http.request", "body": chunks[read - 1], "more_body": read < len(chunks)}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": "/", "headers": list(headers)}
    asyncio.run(limit_body(application)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"], read


def test_a_body_within_the_limit_arrives():
    assert ask([b"x" * 50, b"x" * 50]) == (200, b"100", 2)


def test_a_declared_length_over_the_limit_is_refused_unread():
    status, body, read = ask([b""], [(b"content-length", b"101")])
    assert (status, read) == (413, 0)
    assert json.loads(body)["status"] == 413


def test_who_sent_a_form_reads_a_sentence():
    status, body, _ = ask([b""], [(b"content-length", b"101"), (b"accept", b"text/html,*/*")])
    assert status == 413 and body.startswith(b"This is larger than")


@pytest.mark.parametrize("headers", [[], [(b"content-length", b"1")], [(b"content-length", b"-5")]])
def test_an_undeclared_one_is_refused_as_soon_as_it_is_too_long(headers):
    status, _, read = ask([b"x" * 60] * 1000, headers)
    assert (status, read) == (413, 2)
