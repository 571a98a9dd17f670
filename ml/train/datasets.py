"""Data sets of hard negatives by name, as `manage.py negatives` writes them, and the proof that they are unchanged."""

import hashlib
import json
from pathlib import Path

ABOUT, FEED, ROWS, FORBIDDEN = "dataset.json", "feed.csv", "negatives.jsonl", "forbidden.npz"


class NoSuchDataset(ValueError):
    """There is no such data set of hard negatives."""


class ChangedDataset(ValueError):
    """This data set was changed since it was written. A data set is never edited; write another one."""


def dataset_folder(ref: Path, home: Path) -> Path:
    """A folder as it is; else <name>, the newest of it in `home`, <name>@<start of its sha256> or <name>@v<version>.

    Raises NoSuchDataset, ChangedDataset.
    """
    if ref.is_dir():
        return checked(ref)
    name, _, which = str(ref).partition("@")
    found = [
        about
        for path in home.glob(f"{name}@*/{ABOUT}")
        if fits(about := json.loads(path.read_text(encoding="utf-8")) | {"folder": path.parent}, which)
    ]
    if not found:
        raise NoSuchDataset(f"There is no data set {ref}, neither as a folder nor in {home}.")
    return checked(max(found, key=lambda about: about["version"])["folder"])


def fits(about: dict, which: str) -> bool:
    return which in ("", f"v{about['version']}") or about["sha256"].startswith(which)


def checked(folder: Path) -> Path:
    """Folders that people made have no sha256 to compare with."""
    path = folder / ABOUT
    if path.exists():
        about = json.loads(path.read_text(encoding="utf-8"))
        if content_sha256((folder / FEED).read_bytes(), (folder / ROWS).read_bytes()) != about["sha256"]:
            raise ChangedDataset(f"{folder}: {ChangedDataset.__doc__}")
    return folder


def content_sha256(feed: bytes, rows: bytes) -> str:
    """Pictures are named by their own sha256 in both, so this is of them, too."""
    return hashlib.sha256(hashlib.sha256(feed).digest() + hashlib.sha256(rows).digest()).hexdigest()
