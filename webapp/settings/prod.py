"""Behind a proxy that ends TLS, with everything from the environment. A missing value stops the start.

FORWARDED_ALLOW_IPS (the proxy's address) is uvicorn's: without it every visitor seems to come from the proxy, and all
of them share the limits of one address.
"""

import os

from webapp.settings.base import *  # noqa: F403
from webapp.settings.base import BASE_DIR, STORAGES, database_from

SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = os.environ["SIGHTLINE_HOSTS"].split(",")
DATABASES = {"default": database_from(os.environ["DATABASE_URL"])}
DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 16, "timeout": 2}

STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = os.environ.get("SIGHTLINE_HSTS_SUBDOMAINS", "1") == "1"
# The preload list is for ever and for the whole domain: its owner decides that, not a program that runs there.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS]
SIGHTLINE_AUTO_PROMOTE = os.environ.get("SIGHTLINE_AUTO_PROMOTE") == "1"  # an operator promotes
