"""A folder as storage, in which a file appears under its name only when it is whole, whatever ends its writer."""

import os
import secrets
from pathlib import Path
from time import time

from django.core.files.storage import FileSystemStorage, default_storage
from django.utils.deconstruct import deconstructible

DRAFT = ".draft"


@deconstructible(path="catalog.storage.WholeFileStorage")
class WholeFileStorage(FileSystemStorage):
    """Writes a draft beside the file, then renames it. A full disk leaves nothing; a kill -9 leaves the draft.

    durable: a file outlives a power cut from the moment it has its name; costs some milliseconds.
    """

    def __init__(self, *args, durable: bool = True, **options) -> None:
        super().__init__(*args, **options)
        self.durable = durable

    def _save(self, name: str, content) -> str:
        draft = f"{name}.{secrets.token_hex(8)}{DRAFT}"
        path = Path(self.path(draft))
        try:
            super()._save(draft, content)
            if self.durable:
                sync(path)
            name = self.get_available_name(name)
            path.replace(self.path(name))
        finally:
            path.unlink(missing_ok=True)
        if self.durable:
            sync(path.parent)  # a new name is only safe when the folder is on the disk
        return name

    def remove_drafts(self, older_than_s: float) -> int:
        """Delete what killed writers have left. Returns how many there were."""
        old = [path for path in Path(self.location).rglob(f"*{DRAFT}") if is_older(path, older_than_s)]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def sync(path: Path) -> None:
    """A file or a folder, on the disk; a new name is only safe when its folder is."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_older(path: Path, age_s: float) -> bool:
    try:
        return path.stat().st_mtime < time() - age_s
    except FileNotFoundError:  # its writer has finished meanwhile
        return False


def picture_url(file: str | None) -> str:
    return default_storage.url(file) if file else ""
