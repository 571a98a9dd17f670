"""A body that is too large is refused while it arrives: Django would first write all of it to disk.

settings.MAX_BODY_BYTES is for all doors: who sends it is known only when all of it was read. Feeds come in pieces.
"""

import json

from django.conf import settings

TOO_LARGE = {
    "type": "about:blank",
    "title": "Content Too Large",
    "status": 413,
    "code": "too-large",
}


class BodyTooLarge(Exception):
    """The body grew over the limit while it was read."""


def limit_body(application):
    """An ASGI application that answers 413 to bodies over settings.MAX_BODY_BYTES and reads no more of them."""

    async def limited(scope, receive, send):
        limit = settings.MAX_BODY_BYTES
        if declared_bytes(scope) > limit:
            return await refuse(scope, send, limit)
        started = False
        total = 0

        async def counted_receive():
            nonlocal total
            message = await receive()
            total += len(message.get("body", b""))
            if total > limit:
                raise BodyTooLarge
            return message

        async def watched_send(message):
            nonlocal started
            started = True
            await send(message)

        try:
            await application(scope, counted_receive, watched_send)
        except BodyTooLarge:
            if not started:
                await refuse(scope, send, limit)

    return limited


def declared_bytes(scope) -> int:
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


async def refuse(scope, send, limit: int) -> None:
    """A program gets a problem; a person whose browser sent a form, a sentence."""
    detail = f"This is larger than {limit // 1024 // 1024} MB. Go back, and send less at once, or a smaller photo."
    page = b"text/html" in dict(scope["headers"]).get(b"accept", b"")
    kind = b"text/plain; charset=utf-8" if page else b"application/problem+json"
    body = detail if page else json.dumps({**TOO_LARGE, "detail": detail})
    headers = [(b"content-type", kind), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
