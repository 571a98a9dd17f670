"""The embedded default: nothing to configure. DATABASE_URL points it at a PostgreSQL of your own."""

import os

from webapp import embedded
from webapp.local_machine import addresses, secret_key
from webapp.settings.base import *  # noqa: F403
from webapp.settings.base import VAR_DIR, database_from

DEBUG = os.environ.get("SIGHTLINE_DEBUG") == "1"
SECRET_KEY = secret_key(VAR_DIR / "secret_key")
ALLOWED_HOSTS = [*addresses(), *filter(None, os.environ.get("SIGHTLINE_HOSTS", "").split(","))]
SIGHTLINE_DEMO_ACCOUNTS = True
WHITENOISE_USE_FINDERS = True  # no collectstatic
WHITENOISE_AUTOREFRESH = DEBUG

if url := os.environ.get("DATABASE_URL"):
    DATABASES = {"default": database_from(url)}
else:
    EMBEDDED_POSTGRES = VAR_DIR / "pg"
    DATABASES = {"default": embedded.django_database(EMBEDDED_POSTGRES, "sightline")}
DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 16, "timeout": 2}
