"""A socket that follows the database: says what changed, whenever it changes, to those who may see it."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import psycopg
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth import get_user_model
from django.db import Error, connections

from catalog import outage

LOOK_EVERY_S = 2.0  # for what nobody notifies of: jobs, heartbeats, the age of the oldest picture
AT_MOST_EVERY_S = 0.25
SHARE = 10  # making what is sent takes at most one part in so many
COME_BACK_S = 1.0
PATIENCE_S = 2.0
COUNTING_S = 15.0  # a count of many rows must not look like a server that has stopped
FORBIDDEN, FAILED = 4403, 1011
CONNECTION_FIELDS = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert", "options")
log = logging.getLogger(__name__)


class LiveSocket(AsyncWebsocketConsumer):
    """Each socket listens to `channels` on its own connection, and needs no channel layer.

    A subclass has `may_see` (asks the database), `news`, which is what to send, and `away`, what to send while the
    database cannot be reached. What was sent last is not sent again.
    """

    channels: tuple[str, ...] = ()
    may_see: Callable = staticmethod(lambda user: False)
    following: asyncio.Task | None = None
    sent = ""

    def news(self) -> str:
        raise NotImplementedError

    def away(self) -> str:
        raise NotImplementedError

    async def connect(self):
        if not await self.is_allowed():
            await self.close(FORBIDDEN)
            return
        await self.accept()
        self.following = asyncio.create_task(self.follow())

    async def disconnect(self, code):
        if self.following:
            self.following.cancel()
            with suppress(asyncio.CancelledError):
                await self.following

    async def follow(self) -> None:
        """Ends with the socket. A database that restarts is listened to again."""
        while True:
            try:
                async with await connect() as connection:
                    for channel in self.channels:
                        await connection.execute(f"LISTEN {channel}")
                    begun = monotonic()
                    while await self.push():
                        await asyncio.sleep(max(AT_MOST_EVERY_S, SHARE * (monotonic() - begun)))
                        await woken(connection)
                        begun = monotonic()
                return
            except (psycopg.Error, Error) as error:
                if self.sent != (said := self.away()):
                    log.warning("a live page lost the database: %s", error)
                    await self.say(said)
                await asyncio.sleep(COME_BACK_S)
            except OSError:  # the page has gone while it was told something
                return
            except Exception:  # else the page would look alive and stand still; it connects anew by itself
                log.exception("a live page could not be kept up to date")
                await self.close(FAILED)
                return

    async def push(self) -> bool:
        """False, and the socket closed, when its user may not see it any more."""
        if not await self.is_allowed():
            await self.close(FORBIDDEN)
            return False
        await self.say(await self.make_news())
        return True

    async def say(self, text: str) -> None:
        """Nothing for an empty text, and nothing twice."""
        if text and text != self.sent:
            await self.send(text_data=text)
            self.sent = text

    @database_sync_to_async
    def is_allowed(self) -> bool:
        """As the user is now, and not as they were when they connected. A server that has stopped is not waited for."""
        with outage.patience(PATIENCE_S):
            return self.may_see(get_user_model().objects.filter(pk=self.scope["user"].pk).first())

    @database_sync_to_async
    def make_news(self) -> str:
        with outage.patience(COUNTING_S):
            return self.news()


async def connect() -> psycopg.AsyncConnection:
    parameters = connections["default"].get_connection_params()
    known = {name: parameters[name] for name in CONNECTION_FIELDS if parameters.get(name)}
    return await psycopg.AsyncConnection.connect(**known, autocommit=True, connect_timeout=2)


async def woken(connection: psycopg.AsyncConnection) -> None:
    """Returns with the first notification, or after a while without one. What came together is taken together."""
    async for _ in connection.notifies(timeout=LOOK_EVERY_S, stop_after=1):
        return
