"""The settings for production pass Django's own check, and make accounts for nobody."""

import os
import subprocess
import sys

from tests.shop import ROOT

ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "webapp.settings.prod",
    "SECRET_KEY": "9s8df7g6-s9d8f7g6-sd98f7g6-s9d8f7g-6s98d7fg-69s8d7fg6",
    "SIGHTLINE_HOSTS": "shop.example",
    "DATABASE_URL": "postgres://shop@db.example/shop",
}
LOOK = """
import django; django.setup()
from django.conf import settings
assert not settings.SIGHTLINE_DEMO_ACCOUNTS and not settings.DEBUG and settings.AXES_ENABLED
assert settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE and settings.SECURE_SSL_REDIRECT
assert settings.SESSION_COOKIE_AGE <= 12 * 3600 and settings.SECURE_HSTS_SECONDS
from django.core.management import call_command
call_command("check", deploy=True, fail_level="WARNING")
"""


def test_the_settings_are_safe_and_djangos_check_finds_nothing():
    environment = {**os.environ, **ENVIRONMENT}
    done = subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
