"""What a process remembers of shoppers' photos, bounded, so that a second tap decodes nothing and asks nobody."""

import threading
from collections import OrderedDict

from search.models import QueryPhoto
from search.types import Photo


class DecodedPhotos:
    """The photos of the last minutes, so that a second tap decodes nothing. Bounded by their bytes."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.held_bytes = 0
        self.photos: OrderedDict[str, Photo] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, token: str) -> Photo | None:
        with self.lock:
            if token in self.photos:
                self.photos.move_to_end(token)
            return self.photos.get(token)

    def put(self, token: str, photo: Photo) -> None:
        with self.lock:
            self.drop(token)
            self.photos[token] = photo
            self.held_bytes += size_bytes(photo)
            while self.held_bytes > self.max_bytes:
                self.drop(next(iter(self.photos)))

    def forget(self, token: str) -> None:
        with self.lock:
            self.drop(token)

    def drop(self, token: str) -> None:
        """Call with the lock held."""
        if (photo := self.photos.pop(token, None)) is not None:
            self.held_bytes -= size_bytes(photo)


def size_bytes(photo: Photo) -> int:
    return photo.image.width * photo.image.height * 3


class KnownRows:
    """Rows of the last photos of this process, for when the database is away."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.rows: OrderedDict[str, QueryPhoto] = OrderedDict()
        self.lock = threading.Lock()

    def add(self, row: QueryPhoto) -> None:
        with self.lock:
            self.rows[row.token] = row
            while len(self.rows) > self.size:
                self.rows.popitem(last=False)

    def get(self, token: str) -> QueryPhoto | None:
        return self.rows.get(token)

    def forget(self, token: str) -> None:
        with self.lock:
            self.rows.pop(token, None)

    def get_unwritten(self, token: str) -> QueryPhoto | None:
        """One that still waits in the spool."""
        row = self.rows.get(token)
        return row if row is not None and row._state.adding else None
