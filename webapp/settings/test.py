"""Tests: a PostgreSQL beside the demo's, whose data need not survive a power cut; one database per test run."""

import os
import tempfile
from pathlib import Path

from webapp import embedded
from webapp.settings.base import *  # noqa: F403
from webapp.settings.base import STORAGES, VAR_DIR, database_from

SECRET_KEY = "only for tests, which hold no secrets"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
WHITENOISE_USE_FINDERS = True
AXES_ENABLED = False  # the test of it switches it on
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# The servers and workers that browser and kill tests start must find the files of the run that started them.
TEST_VAR = Path(os.environ.setdefault("SIGHTLINE_TEST_VAR", tempfile.mkdtemp(prefix="sightline-test-")))
if (name := os.environ.get("PYTEST_XDIST_WORKER")) and "SIGHTLINE_TEST_DATABASE" not in os.environ:
    TEST_VAR /= name  # one of several that share a run
    os.environ["SIGHTLINE_TEST_VAR"] = str(TEST_VAR)
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as every process of ours has it (webapp.start)
if "PYTEST_XDIST_WORKER" in os.environ:  # the cores are taken: threads of one worker would wait for another's
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    SIGHTLINE_MODEL_THREADS = int(os.environ.setdefault("SIGHTLINE_MODEL_THREADS", "1"))
MEDIA_ROOT = TEST_VAR / "media"
SIGHTLINE_SPOOL_DIR, SIGHTLINE_SPOOL_TENDED = TEST_VAR / "spool", "SIGHTLINE_TEST_DATABASE" in os.environ
SIGHTLINE_FOLLOW = os.environ.get("SIGHTLINE_FOLLOW") == "1"  # a test that wants it starts it
SIGHTLINE_SAMPLE_EVERY = 0
SIGHTLINE_INDEX_DIR, SIGHTLINE_BUNDLES_DIR = TEST_VAR / "index", TEST_VAR / "bundles"
SIGHTLINE_GOLDEN_DIR, SIGHTLINE_DATASETS_DIR = TEST_VAR / "golden", TEST_VAR / "datasets"
SIGHTLINE_FEEDS_DIR, SIGHTLINE_FEED_FOLDERS = TEST_VAR / "feeds", [str(TEST_VAR / "inbox")]
STORAGES["private"]["OPTIONS"]["location"] = TEST_VAR / "private"
STORAGES["uploads"]["OPTIONS"]["location"] = TEST_VAR / "uploads"

if url := os.environ.get("DATABASE_URL"):
    DATABASES = {"default": database_from(url)}
else:
    EMBEDDED_POSTGRES = VAR_DIR / "pg-test"
    DATABASES = {"default": embedded.django_database(EMBEDDED_POSTGRES, "postgres")}
if name := os.environ.get("SIGHTLINE_TEST_DATABASE"):  # a process that a test started
    DATABASES["default"]["NAME"] = name
DATABASES["default"]["TEST"] = {"NAME": f"test_sightline_{os.getpid()}"}
