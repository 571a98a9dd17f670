"""The bundle that answers searches: loaded once under a lock, run by a bounded number of requests at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from django.conf import settings
from django.db.utils import InterfaceError, OperationalError

from ml.bundle import BUNDLES, MANIFEST, Bundle, default_bundle_folder, load_bundle, read_manifest
from search import models
from search.errors import Overloaded, Unavailable

RECHECK_S = 5.0  # how long another process's promotion may go unnoticed


@dataclass(slots=True)
class Seen:
    """The live bundle's id as last read from the database."""

    bundle_id: str
    at_s: float


_lock = threading.Lock()
_loaded: dict[str, Bundle] = {}
_seen: dict[str, Seen] = {}
_slots = threading.BoundedSemaphore(getattr(settings, "SIGHTLINE_MODEL_RUNS", 1))


def live_bundle() -> Bundle:
    """The bundle whose vectors are searched. Raises Unavailable where none is registered."""
    return loaded_bundle(live_bundle_id())


def live_bundle_id() -> str:
    seen = _seen.get("live")
    if seen is None or monotonic() - seen.at_s > RECHECK_S:
        row = models.Bundle.objects.filter(state=models.Bundle.State.LIVE).values_list("id", flat=True).first()
        if row is None:
            raise Unavailable("No model bundle is registered yet. Run manage.py register_bundle.")
        seen = _seen["live"] = Seen(row, monotonic())
    return seen.bundle_id


def loaded_bundle(bundle_id: str) -> Bundle:
    """The bundle with this id, loaded at first use. Raises Unavailable where its files are not on this machine."""
    if bundle := _loaded.get(bundle_id):
        return bundle
    with _lock:
        if bundle_id not in _loaded:
            folder = find_folder(bundle_id)
            if folder is None:
                raise Unavailable(f"The files of bundle {bundle_id} are not on this machine.")
            _loaded[bundle_id] = load_bundle(folder, threads=getattr(settings, "SIGHTLINE_MODEL_THREADS", 2))
        return _loaded[bundle_id]


def find_folder(bundle_id: str) -> Path | None:
    """The folder of a bundle by its id: the chosen one first, then all that ship."""
    folders = [default_bundle_folder(), *(path.parent for path in BUNDLES.glob(f"*/{MANIFEST}"))]
    return next((folder for folder in folders if folder_bundle_id(folder) == bundle_id), None)


def folder_bundle_id(folder: Path) -> str:
    """Name, version and the start of the manifest's sha256, without loading the models."""
    manifest, sha256 = read_manifest(folder)
    return f"{manifest['name']}-{manifest['version']}-{sha256[:12]}"


def forget() -> None:
    """Read the live bundle's id again at the next search, as after a promotion in this process."""
    _seen.clear()


@contextmanager
def database_at_hand() -> Iterator[None]:
    """Turns a database that is away into Unavailable: come back later, instead of an error of ours."""
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise Unavailable from error


@contextmanager
def model_slot() -> Iterator[None]:
    """Held while a model runs: more runs at once than cores make every one of them slower.

    Raises Overloaded when no slot gets free in time.
    """
    if not _slots.acquire(timeout=getattr(settings, "SIGHTLINE_MODEL_WAIT_S", 5)):
        raise Overloaded
    try:
        yield
    finally:
        _slots.release()
