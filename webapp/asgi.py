"""The door for uvicorn: `uvicorn webapp.asgi:application`, or `manage.py serve`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings.local")

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

from webapp.limits import limit_body
from webapp.start import start_database

start_database()
application = ProtocolTypeRouter({"http": limit_body(get_asgi_application())})
