"""The socket behind every page that shows index status. The page says first what it shows."""

import json
from contextlib import suppress

import psycopg
from django.db import Error

from catalog.web.access import is_catalog_admin
from catalog.web.live import LiveSocket
from search.web.status.watch import Seen, Watched, what_changed


class StatusConsumer(LiveSocket):
    """Sends {"picture": {id: html}, "product": ..., "figures": ..., "banner": ...}, of each what has changed."""

    channels = ("sightline_changed", "sightline_serving")
    may_see = staticmethod(is_catalog_admin)
    watched: Watched = Watched()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.seen: Seen = {}

    async def receive(self, text_data=None, bytes_data=None):
        """What the page shows, as JSON. Anything else changes nothing."""
        with suppress(ValueError, TypeError, AttributeError):
            self.watched, self.seen = Watched.of(json.loads(text_data)), {}
        with suppress(psycopg.Error, Error):  # whoever follows the database says that it is away
            await self.push()

    def news(self) -> str:
        changed, self.seen = what_changed(self.watched, self.seen)
        return json.dumps(changed) if changed else ""

    def away(self) -> str:
        self.seen = {}
        return json.dumps({"away": True})
