"""Settings that every way of running shares. Each way (local, test, prod) is a few lines on top."""

import os
from datetime import timedelta
from pathlib import Path

import dj_database_url

from webapp.settings.inspection import *  # noqa: F403
from webapp.settings.office import UNFOLD as UNFOLD  # how the admin looks

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = Path(os.environ.get("SIGHTLINE_VAR", BASE_DIR / "var")).resolve()

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "webapp.admin_app.OfficeAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "template_partials",
    "simple_history",
    "procrastinate.contrib.django",
    "rest_framework",
    "drf_spectacular",
    "axes",
    "webapp",
    "access",
    "catalog",
    "search",
    "labeling",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "webapp.static_files.StaticFiles",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "search.web.headers.PageHeaders",
    "search.web.visitors.Visitors",
    "webapp.away.DatabaseAway",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "webapp.urls"
ASGI_APPLICATION = "webapp.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]


def database_from(url: str) -> dict:
    return dj_database_url.parse(url, engine="webapp.postgres")


LOGIN_URL = "sign_in"
SESSION_COOKIE_AGE = 12 * 3600  # only those who work in the shop have one: a working day
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# So many wrong passwords for one name from one address, then none is looked at for a while. The address is the one that
# uvicorn sees: behind a proxy FORWARDED_ALLOW_IPS says whose X-Forwarded-For it believes.
AXES_FAILURE_LIMIT, AXES_COOLOFF_TIME = 5, timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "webapp.sign_in.locked_out"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
SIGHTLINE_DEMO_ACCOUNTS = False  # only a demo makes accounts whose password it prints

LANGUAGE_CODE, LANGUAGES = "en", [("en", "English")]
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []

STATIC_URL = "static/"
STATIC_ROOT = None  # files are served from where they lie; prod collects them
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "catalog.storage.WholeFileStorage"},  # catalog pictures, public under /media/
    "private": {  # shoppers' photos: no URL leads here, and a shopper waits while one is written
        "BACKEND": "catalog.storage.WholeFileStorage",
        "OPTIONS": {"location": VAR_DIR / "private", "base_url": None, "durable": False},
    },
    "uploads": {  # pictures as admins and programs sent them: no URL leads here, they may be refused yet
        "BACKEND": "catalog.storage.WholeFileStorage",
        "OPTIONS": {"location": VAR_DIR / "uploads", "base_url": None},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

PROCRASTINATE_IMPORT_PATHS = ["catalog.feeds.tasks"]  # beside the module tasks of each app

MAX_BODY_BYTES = int(os.environ.get("SIGHTLINE_UPLOAD_MB", "25")) * 1024 * 1024  # of one request, from anybody
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # all fields that are not files
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024  # larger files wait on disk
DATA_UPLOAD_MAX_NUMBER_FILES = 10

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "access.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
        "access.authentication.PasswordAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["access.authentication.InScope"],  # open doors say so themselves
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "access.schema.DoorSchema",
    "NUM_PROXIES": 0,  # uvicorn has read X-Forwarded-For where it may; from others it is a lie
    "DEFAULT_THROTTLE_RATES": {  # for each address; a whole office may share one
        "detections": os.environ.get("SIGHTLINE_DETECTIONS_RATE", "1200/min"),
        "flags": os.environ.get("SIGHTLINE_FLAGS_RATE", "120/min"),
        "sign-ins": "30/min",
        "searches": os.environ.get("SIGHTLINE_SEARCHES_RATE", "3000/min"),
    },
    "EXCEPTION_HANDLER": "webapp.problems.exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Sightline",
    "DESCRIPTION": "Photo in, products out.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

SIGHTLINE_PHOTO_HOURS = float(os.environ.get("SIGHTLINE_PHOTO_HOURS", "24"))
SIGHTLINE_CONSENT_DAYS = float(os.environ.get("SIGHTLINE_CONSENT_DAYS", "180"))  # of a photo that a shopper left to us
SIGHTLINE_DEMAND_DAYS = int(os.environ.get("SIGHTLINE_DEMAND_DAYS", "28"))  # how far back the demand page looks
SIGHTLINE_DEMAND_LIKENESS = 0.6  # cosine of two photos of the same kind of thing (docs/demand.md)
SIGHTLINE_DATABASE_PATIENCE_S = 2.0  # for one statement of a search; after that it goes on without
SIGHTLINE_SPOOL_DIR = VAR_DIR / "spool"  # what could not be written into the database waits here
SIGHTLINE_FETCH_ALLOW = [host for host in os.environ.get("SIGHTLINE_FETCH_ALLOW", "").split(",") if host]
SIGHTLINE_FEEDS_DIR = VAR_DIR / "feeds"  # files of imports, a folder each
# Folders of this server that an admin may name as a feed.
SIGHTLINE_FEED_FOLDERS = os.environ.get("SIGHTLINE_FEED_FOLDERS", str(VAR_DIR / "inbox")).split(os.pathsep)
SIGHTLINE_FEED_MAX_BYTES = int(os.environ.get("SIGHTLINE_FEED_MAX_BYTES", str(4 * 1024**3)))  # of one, unpacked
# A new picture is promised to be found within this time; later ones are counted (catalog.LateDay, /metrics).
SIGHTLINE_FRESHNESS_SLA_S = float(os.environ.get("SIGHTLINE_FRESHNESS_SLA_S", "5"))
# The live generation counts as stale when it lacks this many rows, or this share of its own after this many hours.
SIGHTLINE_STALE_ROWS = int(os.environ.get("SIGHTLINE_STALE_ROWS", "200000"))
SIGHTLINE_STALE_HOURS, SIGHTLINE_STALE_SHARE = 48, 0.01
SIGHTLINE_PRICE_FILE = os.environ.get("SIGHTLINE_PRICE_FILE")  # what memory and disks cost (search/capacity/prices.py)
SIGHTLINE_HISTORY_DAYS = int(os.environ.get("SIGHTLINE_HISTORY_DAYS", "90"))  # how long catalog changes can be undone
SIMPLE_HISTORY_ENABLED = False  # of the library the tables and the reading; triggers write (catalog/recorded.py)
SIMPLE_HISTORY_DATE_INDEX = False  # an Edit has its time, and its id grows with it
SIGHTLINE_FOLLOW = True  # a thread in each process that searches follows the database
SIGHTLINE_SAMPLE_EVERY = 20  # of so many searches one vector is kept, to measure recall with
SIGHTLINE_INDEX_DIR = VAR_DIR / "index"  # generations, a folder each
SIGHTLINE_ROWS_PER_SHARD = int(os.environ.get("SIGHTLINE_ROWS_PER_SHARD", "1000000"))
SIGHTLINE_MERGE_MIN_ROWS = int(os.environ.get("SIGHTLINE_MERGE_MIN_ROWS", "500"))  # fewer need no cold tier
SIGHTLINE_RECALL_FLOOR = float(os.environ.get("SIGHTLINE_RECALL_FLOOR", "0.99"))  # of the live generation's recall
SIGHTLINE_BUNDLES_DIR = VAR_DIR / "bundles"  # model bundles that were registered here, besides those that ship
# A complete and verified new bundle takes over by itself.
SIGHTLINE_AUTO_PROMOTE = os.environ.get("SIGHTLINE_AUTO_PROMOTE", "1") == "1"
SIGHTLINE_AUTO_PROMOTE_MERGES = os.environ.get("SIGHTLINE_AUTO_PROMOTE_MERGES", "1") == "1"
# What a new bundle or generation must not be worse on: a golden set, <name> or <name>@<sha256>, or a folder.
SIGHTLINE_GOLDEN = os.environ.get("SIGHTLINE_GOLDEN", "")
SIGHTLINE_GOLDEN_DIR = Path(os.environ.get("SIGHTLINE_GOLDEN_DIR", VAR_DIR / "golden"))  # golden sets, a folder each
SIGHTLINE_DATASETS_DIR = Path(os.environ.get("SIGHTLINE_DATASETS_DIR", VAR_DIR / "datasets"))  # of hard negatives
SIGHTLINE_KEEP_BUNDLE_DAYS = float(os.environ.get("SIGHTLINE_KEEP_BUNDLE_DAYS", "7"))  # after it was retired
SIGHTLINE_TRAFFIC_PINS = int(os.environ.get("SIGHTLINE_TRAFFIC_PINS", "0"))  # most wanted categories to keep hot
SIGHTLINE_BUILD_THREADS = int(os.environ.get("SIGHTLINE_BUILD_THREADS", "1"))  # the worker's builds yield to searches
# A search waits so long for the words in its photo, from when reading begins; 0: they are never read.
SIGHTLINE_READ_TIMEOUT_MS = float(os.environ.get("SIGHTLINE_READ_TIMEOUT_MS", "400"))
# The same for the local features of what it shows.
SIGHTLINE_LOOK_TIMEOUT_MS = float(os.environ.get("SIGHTLINE_LOOK_TIMEOUT_MS", "200"))
SIGHTLINE_MODEL_THREADS = int(os.environ.get("SIGHTLINE_MODEL_THREADS", "2"))
SAMPLE_PHOTOS = os.environ.get("SIGHTLINE_SAMPLE_PHOTOS")  # demo/samples.jsonl: photos to try on the home page
EMBEDDED_POSTGRES: Path | None = None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"django.request": {"level": "ERROR"}},  # a 404 is the visitor's news, not the log's
    "root": {"handlers": ["stderr"], "level": os.environ.get("SIGHTLINE_LOG_LEVEL", "WARNING")},
}
