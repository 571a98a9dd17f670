"""`manage.py serve`: the web server."""

import os

import uvicorn
from django.core.management.base import BaseCommand

KEEP_ALIVE_S = 30
SOCKET_MAX_BYTES = 16 * 1024  # pages listen; they have next to nothing to say
SHUTDOWN_S = 5


class Command(BaseCommand):
    help = "Serve the site and the API with uvicorn on $PORT (default 8000)."

    def add_arguments(self, parser):
        parser.add_argument("--host", default=os.environ.get("HOST", "0.0.0.0"))
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT", "8000")))

    def handle(self, *, host: str, port: int, **options):
        uvicorn.run(
            "webapp.asgi:application",
            host=host,
            port=port,
            lifespan="off",
            access_log=False,
            log_level="warning",
            ws_max_size=SOCKET_MAX_BYTES,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=SHUTDOWN_S,
        )
