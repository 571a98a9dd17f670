"""The socket behind every page that shows index status: what the page shows, as it changes, for catalog admins only."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client
from django.utils import timezone

from catalog.models import Image
from search.models import ImageVector
from tests.integration.test_operator_socket import Socket
from tests.people import person
from tests.vector_catalog import add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/manage/status/live"
SOON_S = 120


class StatusSocket(Socket):
    path = PATH

    async def says(self, **watched) -> None:
        await self.send_input({"type": "websocket.receive", "text": json.dumps(watched)})

    async def next_of(self, kind: str, pk: int, words: str) -> dict:
        while True:
            told = json.loads((await self.receive_output(SOON_S))["text"])
            if words in told.get(kind, {}).get(str(pk), ""):
                return told


def cookie_of(*names: str) -> bytes:
    client = Client()
    client.force_login(person(*names))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}".encode()


def follow(steps: Callable[[StatusSocket], Awaitable[None]]) -> None:
    cookie = cookie_of("catalog-admin")

    async def run() -> None:
        opened = StatusSocket(cookie)
        assert await opened.connect()
        try:
            await steps(opened)
        finally:
            await opened.disconnect()

    asyncio.run(run())


@pytest.mark.parametrize("names", [(), ("rater",), ("operator",)])
def test_who_is_shut_out(names):
    cookie = cookie_of(*names) if names else b""

    async def knock() -> bool:
        return await StatusSocket(cookie).connect()

    assert asyncio.run(knock()) is False


def test_a_picture_goes_live_before_the_eyes_of_whoever_saved_it():
    bundle = make_bundle(state="live")
    pictures = add_vectors(bundle, clustered(1)).tolist()
    Image.objects.filter(pk=pictures[0]).update(status="pending")

    async def steps(opened):
        await opened.says(figures=True, banner=True, pictures=pictures)
        told = await opened.next_of("picture", pictures[0], "Waiting")
        assert "No worker is running" in told["banner"]["0"] and "of 1" in told["figures"]["0"]
        await sync_to_async(index)(pictures[0])
        told = await opened.next_of("picture", pictures[0], "Live in 3.1 s")
        assert "banner" not in told  # it is as it was

    follow(steps)


def index(pk: int) -> None:
    """As the worker does it, 3.1 seconds after it came."""
    now = timezone.now()
    came = now - timedelta(seconds=3.1)
    Image.objects.filter(pk=pk).update(status="indexed", waiting_since=came, indexed_at=now)
    ImageVector.objects.filter(image=pk).update(vector=[1.0] * 64)  # which notifies


def test_nonsense_changes_nothing():
    pictures = add_vectors(make_bundle(state="live"), clustered(1)).tolist()

    async def steps(opened):
        for text in (
            "no json",
            "[]",
            "null",
            '{"pictures": 7, "products": {"a": [1]}}',
            '{"pictures": ["x", -1, 1e99]}',
        ):
            await opened.send_input({"type": "websocket.receive", "text": text})
        await opened.send_input({"type": "websocket.receive", "bytes": b"\x00"})
        await opened.says(pictures=pictures)
        await opened.next_of("picture", pictures[0], "Searchable")

    follow(steps)
