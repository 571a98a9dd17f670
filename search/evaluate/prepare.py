"""A shop of its own for an evaluation: another database on the same server, another folder for files.

Both are kept as a cache under the hash of what went in, so that a second evaluation starts at once.
"""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connection

from ml.bundle import default_bundle_folder
from ml.inspect.local import VERSION as LOCAL_VERSION
from ml.inspect.text import VERSION as WORDS_VERSION
from search.serving import folder_bundle_id

READY = "ready"
# How good the answers are must not depend on what else this machine does; and nobody looks at pictures that are held.
UNATTENDED = {
    "SIGHTLINE_READ_TIMEOUT_MS": "10000",
    "SIGHTLINE_LOOK_TIMEOUT_MS": "10000",
    "SIGHTLINE_SAFETY": "off",
}


class PreparationFailed(RuntimeError):
    """The evaluation's catalog could not be imported. What the import printed is above."""


def shop_for(feed: Path) -> tuple[str, Path]:
    """Name of the database and the folder for files of this feed, its pictures, the installed bundle and the reader."""
    digest = hashlib.sha256(feed.read_bytes())
    bundle_id, safety = folder_bundle_id(default_bundle_folder()), unattended()["SIGHTLINE_SAFETY"]
    digest.update(f"{bundle_id} {WORDS_VERSION} {LOCAL_VERSION} {safety}".encode())
    for path in sorted(path for path in feed.parent.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png")):
        digest.update(f"{path.relative_to(feed.parent)} {path.stat().st_size}".encode())
    name = re.sub(r"[^a-z0-9]+", "_", feed.parent.resolve().name.lower())[:24]
    key = f"{name}_{digest.hexdigest()[:10]}"
    return f"sightline_eval_{key}", settings.VAR_DIR / "evaluate" / "shops" / key


def prepare(feed: Path) -> dict[str, str]:
    """Import the feed into its own shop unless that was done before, to the last detail of its pictures.

    Returns the environment that leads there.
    """
    database, folder = shop_for(feed)
    environment = shop_environment(database, folder)
    created = create_database(database)
    if created or not (folder / READY).exists():
        folder.mkdir(parents=True, exist_ok=True)
        manage(environment, "migrate", "--verbosity=0")
        manage(environment, "register_bundle")
        manage(environment, "import_feed", str(feed), "--errors", str(folder / "import-errors.csv"))
        manage(environment, "work", "--until-empty")
        (folder / READY).touch()
    return environment


def shop_environment(database: str, folder: Path) -> dict[str, str]:
    here = connection.get_connection_params()
    user = quote(here.get("user") or "", safe="") + (
        f":{quote(here['password'], safe='')}" if here.get("password") else ""
    )
    port = f":{here['port']}" if here.get("port") else ""
    url = f"postgres://{user}@{quote(here.get('host') or '', safe='')}{port}/{database}"
    other = {"DATABASE_URL": url, "SIGHTLINE_VAR": str(folder), "SIGHTLINE_TEST_VAR": str(folder)}
    kept = {name: value for name, value in os.environ.items() if name != "SIGHTLINE_TEST_DATABASE"}
    return kept | other | unattended()


def unattended() -> dict[str, str]:
    """As UNATTENDED, but for what was set on purpose."""
    return {name: os.environ.get(name, value) for name, value in UNATTENDED.items()}


def create_database(name: str) -> bool:
    """False where it is there already."""
    parameters = {
        key: connection.get_connection_params().get(key) for key in ("host", "port", "user", "password", "dbname")
    }
    with psycopg.connect(**{key: value for key, value in parameters.items() if value}, autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return False
        server.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return True


def manage(environment: dict[str, str], *arguments: str) -> None:
    """What it prints goes to stderr: stdout is for the figures."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
    if subprocess.run(command, env=environment, stdout=sys.stderr.fileno()).returncode:
        raise PreparationFailed(f"manage.py {' '.join(arguments)}: {PreparationFailed.__doc__}")
