"""The socket behind the operator's page: what goes on now, rendered, whenever it changes."""

import asyncio
import logging
from contextlib import suppress

import psycopg
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth import get_user_model
from django.db import Error, connections
from django.template.loader import render_to_string

from catalog import outage
from search.overview.feed import held_generation
from search.overview.now import now
from search.web.access import is_operator

CHANNELS = ("sightline_progress", "sightline_serving")
LOOK_EVERY_S = 2.0  # for what nobody notifies of: jobs, heartbeats, the age of the oldest picture
AT_MOST_EVERY_S = 0.25
COME_BACK_S = 1.0
PATIENCE_S = 2.0
COUNTING_S = 15.0  # a count of many rows must not look like a server that has stopped
FORBIDDEN = 4403
CONNECTION_FIELDS = ("host", "port", "user", "password", "dbname", "sslmode", "sslrootcert", "options")
log = logging.getLogger(__name__)


class IndexConsumer(AsyncWebsocketConsumer):
    """Sends `operator_index.html#now` at once and then when it changes. Each socket listens on its own connection."""

    following: asyncio.Task | None = None
    sent = ""

    async def connect(self):
        if not await may_see(self.scope["user"]):
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
                    for channel in CHANNELS:
                        await connection.execute(f"LISTEN {channel}")
                    while await self.push():
                        await asyncio.sleep(AT_MOST_EVERY_S)
                        await woken(connection)
                return
            except (psycopg.Error, Error) as error:
                html = render_to_string("operator_index.html#away", {"generation_id": held_generation()})
                if html != self.sent:
                    log.warning("the operator's page lost the database: %s", error)
                    await self.send(text_data=html)
                    self.sent = html
                await asyncio.sleep(COME_BACK_S)

    async def push(self) -> bool:
        """False, and the socket closed, when its user is no operator any more."""
        html = await render_now(self.scope["user"].pk)
        if html is None:
            await self.close(FORBIDDEN)
            return False
        if html != self.sent:
            await self.send(text_data=html)
            self.sent = html
        return True


async def connect() -> psycopg.AsyncConnection:
    parameters = connections["default"].get_connection_params()
    known = {name: parameters[name] for name in CONNECTION_FIELDS if parameters.get(name)}
    return await psycopg.AsyncConnection.connect(**known, autocommit=True, connect_timeout=2)


async def woken(connection: psycopg.AsyncConnection) -> None:
    """Returns with the first notification, or after a while without one. What came together is taken together."""
    async for _ in connection.notifies(timeout=LOOK_EVERY_S, stop_after=1):
        return


may_see = database_sync_to_async(is_operator)


@database_sync_to_async
def render_now(user_id: int) -> str | None:
    """None for a user who may no longer see it. A server that has stopped is not waited for."""
    with outage.patience(PATIENCE_S):
        user = get_user_model().objects.filter(pk=user_id).first()
    if not is_operator(user):
        return None
    with outage.patience(COUNTING_S):
        return render_to_string("operator_index.html#now", {"now": now()})
