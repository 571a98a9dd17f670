"""Writing a generation's manifest: checksums of what lies on the disk, and a rename that either happened or did not."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

from catalog.storage import sync
from search.retrieve.manifest import FILE, Manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Call it when every other file of the generation is on the disk."""
    write_json(folder / FILE, asdict(manifest))


def write_json(path: Path, value) -> None:
    """All of it or nothing, also across a power cut."""
    draft = path.with_name(path.name + ".draft")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(value, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync(path.parent)


def read_json(path: Path):
    """What write_json wrote; None where it never came to that."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def sync_files(folder: Path) -> None:
    """A stage is marked as done only when its files would outlive a power cut."""
    for path in files_of(folder):
        sync(path)
    sync(folder)


def checksums(folder: Path) -> dict[str, dict]:
    """{path inside the folder: {bytes, sha256}} of all its files."""
    return {str(path.relative_to(folder)): file_entry(path) for path in files_of(folder)}


def files_of(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def file_entry(path: Path) -> dict:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return {"bytes": file.tell(), "sha256": digest.hexdigest()}


def once(path: Path, make: Callable):
    """What `make` returned the first time it came to its end, through JSON; later calls only read it."""
    if not path.exists():
        write_json(path, make())
    return read_json(path)
