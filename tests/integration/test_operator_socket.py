"""The socket behind the operator's page: staff only, what goes on as it goes on, and no lost connection for good."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from search.models import Bundle, Generation
from tests.people import person
from webapp.sockets import sockets

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/operator/index/live"
SOON_S = 120
OURS = b"http://localhost:8000"


def cookies(*roles: str) -> bytes:
    client = Client()
    client.force_login(person(*roles))
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}".encode()


class Socket(ApplicationCommunicator):
    """A browser's end of a websocket, without the wire."""

    path = PATH

    def __init__(self, cookie: bytes = b"", origin: bytes = OURS) -> None:
        headers = [(b"origin", origin), (b"cookie", cookie), (b"host", b"localhost")]
        super().__init__(sockets, {"type": "websocket", "path": self.path, "headers": headers, "subprotocols": []})

    async def connect(self) -> bool:
        await self.send_input({"type": "websocket.connect"})
        return (await self.receive_output(SOON_S))["type"] == "websocket.accept"

    async def next_with(self, words: str) -> str:
        while words not in (html := (await self.receive_output(SOON_S))["text"]):
            pass
        return html

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(SOON_S)


def building(**progress) -> Generation:
    bundle, _ = Bundle.objects.get_or_create(id="b-1.0", defaults={"dim": 4})
    return Generation.objects.create(id="20250101-000000-abcdef", bundle=bundle, progress=progress)


def follow(steps: Callable[[Socket], Awaitable[None]]) -> None:
    """Runs the steps on an open socket of an operator's."""
    cookie = cookies("operator")

    async def run() -> None:
        opened = Socket(cookie)
        assert await opened.connect()
        try:
            await steps(opened)
        finally:
            await opened.disconnect()

    asyncio.run(run())


@pytest.mark.parametrize("case", ["stranger", "catalog-admin", "rater", "elsewhere"])
def test_who_is_not_let_in(case):
    cookie = b"" if case == "stranger" else cookies("operator" if case == "elsewhere" else case)
    origin = b"https://elsewhere.example" if case == "elsewhere" else OURS

    async def knock() -> bool:
        return await Socket(cookie, origin).connect()

    assert asyncio.run(knock()) is False


def test_progress_arrives_as_it_is_made():
    row = building(stage="reading rows", done=1, total=4)

    async def steps(opened):
        assert "1 of 4" in await opened.next_with("Reading rows")
        await sync_to_async(Generation.objects.filter(pk=row.pk).update)(progress={"stage": "training"})
        assert 'value="' not in await opened.next_with("Training")
        await sync_to_async(Generation.objects.filter(pk=row.pk).update)(state="failed")
        await opened.next_with("Nothing is being built.")

    follow(steps)


def test_who_is_no_operator_any_more_is_shut_out():
    async def steps(opened):
        await opened.next_with("data-version")
        await sync_to_async(Group.objects.all().delete)()
        await sync_to_async(building)(stage="reading rows")
        assert (await opened.receive_output(SOON_S))["code"] == 4403

    follow(steps)


def test_a_lost_connection_comes_back():
    async def steps(opened):
        await opened.next_with("data-version")
        assert await sync_to_async(end_listeners)()
        await opened.next_with("The database is away")
        await opened.next_with("data-version")
        await sync_to_async(building)(stage="reading rows")
        await opened.next_with("Reading rows")

    follow(steps)


def end_listeners() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN %'"
        )
        return cursor.fetchone()[0]
