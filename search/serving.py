"""What answers searches in this process: bundles, loaded once and run by a few requests at a time, and their tiers."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.db.utils import InterfaceError, OperationalError

from ml.bundle import BUNDLES, Bundle, default_bundle_folder, load_bundle
from ml.manifest import MANIFEST, identify, read_manifest
from search import models
from search.errors import Overloaded, Unavailable

RECHECK_S = 5.0  # how long another process's promotion may go unnoticed where no thread follows the database
HOT_TRUST_S = 3.0  # what is known of the hot tier is older only while the database cannot be asked


@dataclass(frozen=True, slots=True)
class Serving:
    """What answers, at one moment. Never changed, only replaced: a request takes one and uses it to its end.

    cold: by bundle id, the open generation (search.retrieve.generation.Generation). hot: by bundle id, how many rows
    the hot tier held at `seen_at_s` (monotonic), capped. notes: by bundle id, what is missing, in words.
    """

    bundle_id: str | None = None
    shadows: tuple[tuple[str, float], ...] = ()  # bundle id, share of the visitors
    cold: Mapping[str, Any] = field(default_factory=dict)
    hot: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    seen_at_s: float = 0.0

    def answering(self, visitor: str | None) -> str:
        """The bundle for this visitor: the live one, or always the same shadow of it. Raises Unavailable."""
        if self.bundle_id is None:
            raise Unavailable("No model bundle is registered yet. Run manage.py register_bundle.")
        if visitor is not None:
            for bundle_id, share in self.shadows:
                if lot(visitor, bundle_id) < share:
                    return bundle_id
        return self.bundle_id

    def hot_rows(self, bundle_id: str) -> int | None:
        """How many hot rows there are, capped; None where that is not known well enough to leave anything out."""
        return self.hot.get(bundle_id) if monotonic() - self.seen_at_s < HOT_TRUST_S else None

    def generation_id(self, bundle_id: str) -> str | None:
        generation = self.cold.get(bundle_id)
        return None if generation is None else generation.id


def lot(visitor: str, bundle_id: str) -> float:
    """A number from 0 to 1 that depends on these two alone: the same in every process and for ever."""
    digest = blake2b(f"{bundle_id}\0{visitor}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


@dataclass(slots=True)
class Seen:
    """The live bundle's id as last read from the database."""

    bundle_id: str
    at_s: float


_lock = threading.Lock()
_loaded: dict[str, Bundle] = {}
_seen: dict[str, Seen] = {}
_times_forgotten = 0
_slots = threading.BoundedSemaphore(getattr(settings, "SIGHTLINE_MODEL_RUNS", 1))


def live_bundle() -> Bundle:
    """The bundle whose vectors are searched. Raises Unavailable where none is registered."""
    return loaded_bundle(live_bundle_id())


def live_bundle_id() -> str:
    """As last read from the database, which is not asked every time; while it is away the last one goes on counting."""
    seen = _seen.get("live")
    if seen is None or monotonic() - seen.at_s > RECHECK_S:
        row = read_live_bundle_id(seen)
        if row is None:
            raise Unavailable("No model bundle is registered yet. Run manage.py register_bundle.")
        seen = _seen["live"] = Seen(row, monotonic())
    return seen.bundle_id


def read_live_bundle_id(seen: Seen | None) -> str | None:
    try:
        return models.Bundle.objects.filter(state=models.Bundle.State.LIVE).values_list("id", flat=True).first()
    except (OperationalError, InterfaceError):
        if seen is None:
            raise
        return seen.bundle_id


def see(bundle_id: str) -> None:
    """This bundle is live: said by the thread that follows the database."""
    _seen["live"] = Seen(bundle_id, monotonic())


def install(bundle: Bundle) -> None:
    """Use this object as the bundle of its id, instead of files."""
    _loaded[bundle.id] = bundle


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
    """The folder of a bundle by its id: the chosen one first, then those that ship and that were registered."""
    registered = Path(settings.SIGHTLINE_BUNDLES_DIR)
    homes = [path.parent for home in (BUNDLES, registered) for path in home.glob(f"*/{MANIFEST}")]
    folders = [default_bundle_folder(), *homes]
    return next((folder for folder in folders if folder_bundle_id(folder) == bundle_id), None)


def folder_bundle_id(folder: Path) -> str:
    """Name, version and the start of the manifest's sha256, without loading the models."""
    return identify(*read_manifest(folder))


def is_loaded(bundle_id: str) -> bool:
    return bundle_id in _loaded


def forget() -> None:
    """Look again at the next search, as after a promotion in this process."""
    global _times_forgotten
    _times_forgotten += 1
    _seen.clear()


def times_forgotten() -> int:
    return _times_forgotten


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
