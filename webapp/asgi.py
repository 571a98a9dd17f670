"""The door for uvicorn: `uvicorn webapp.asgi:application`, or `manage.py serve`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings.local")

from channels.routing import ProtocolTypeRouter
from django.conf import settings
from django.core.asgi import get_asgi_application

from webapp.limits import limit_body
from webapp.start import start_database

pages = get_asgi_application()
from search.retrieve import follow  # noqa: E402 - after Django is set up
from webapp.sockets import sockets  # noqa: E402

start_database()
if settings.SIGHTLINE_FOLLOW:
    follow.start()
application = ProtocolTypeRouter({"http": limit_body(pages), "websocket": sockets})
