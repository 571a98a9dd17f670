"""Golden sets by the name that a person or a setting gives them. They are folders: whoever writes them lies above."""

from pathlib import Path

from django.conf import settings

from ml.evaluate.golden import ABOUT, BadGoldenSet, GoldenSet, find_golden, read_golden
from search.errors import UnknownGoldenSet

DEMO = "demo"


def resolve(ref: str) -> GoldenSet | Path:
    """A golden set by <name>, <name>@<start of its sha256> or its folder; the Path of an evaluation folder otherwise.

    Raises UnknownGoldenSet.
    """
    if ref == DEMO:
        return settings.BASE_DIR / DEMO
    folder = Path(ref)
    if not (folder / ABOUT).exists() and (folder.is_dir() or "/" in ref):
        return folder.resolve()
    try:
        return read_golden(folder) if folder.is_dir() else find_golden(Path(settings.SIGHTLINE_GOLDEN_DIR), ref)
    except BadGoldenSet as error:
        raise UnknownGoldenSet(str(error)) from error


def full_name(ref: str) -> str:
    """What a measurement is kept under: a set's name with its sha256, so that a newer version is measured anew."""
    if ref.startswith("/"):
        return ref
    found = resolve(ref)
    return str(found) if isinstance(found, Path) else found.ref
