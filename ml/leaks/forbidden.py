"""The photos that must not be learned from, as fingerprints in one file that travels with a data set."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.inspect.local import POINT, VERSION
from ml.inspect.spatial import MIN_POINTS, matches
from ml.leaks.fingerprint import Fingerprint, fingerprint
from ml.leaks.overlay import Overlay, overlay_matched, overlay_whole

PHASH_BITS = 14  # of 64 may differ; the pixels have the last word
MIN_MATCHES = 6  # fewer points that match are chance
MATCHED = 8  # forbidden photos are laid over a picture, those with most matches first
AT_ONCE = 64  # photos whose points are compared in one matrix product


@dataclass(frozen=True, slots=True)
class Leak:
    """`photo`: which forbidden one; `how`: in words."""

    photo: str
    how: str


@dataclass(frozen=True, slots=True)
class Forbidden:
    """names: where each photo comes from, such as rooms@4f1c...: photos/9a....jpg."""

    names: tuple[str, ...]
    prints: tuple[Fingerprint, ...]

    def __len__(self) -> int:
        return len(self.names)

    def find(self, data: bytes) -> Leak | None:
        """What an encoded picture is a copy of. Raises ImageRejected."""
        return self.match(fingerprint(data)) if self.names else None

    def match(self, picture: Fingerprint) -> Leak | None:
        for name, print_ in zip(self.names, self.prints, strict=True):
            if print_.sha256 == picture.sha256:
                return Leak(name, "the same file")
        return self.match_whole(picture) or self.match_part(picture)

    def match_whole(self, picture: Fingerprint) -> Leak | None:
        """Resized, encoded again, mirrored."""
        for mirrored, thumb in enumerate((picture.thumb, np.ascontiguousarray(picture.thumb[:, ::-1]))):
            for name, each in zip(self.names, self.prints, strict=True):
                apart = int(each.phashes[0] ^ picture.phashes[mirrored]).bit_count()
                if apart <= PHASH_BITS and overlay_whole(thumb, each.thumb).same_photo:
                    return Leak(name, "the same photo, mirrored" if mirrored else "the same photo")
        return None

    def match_part(self, picture: Fingerprint) -> Leak | None:
        """Cropped, or with more around it."""
        for row, overlay in self.overlays(picture):
            if overlay.same_photo:
                return Leak(self.names[row], f"a part of the same photo ({overlay.likeness:.2f} alike)")
        return None

    def overlays(self, picture: Fingerprint) -> list[tuple[int, Overlay]]:
        """(row, overlay) of those that share most points with the picture."""
        if len(picture.points) < MIN_POINTS:
            return []
        found = []
        for start in range(0, len(self.prints), AT_ONCE):
            rows = [
                row
                for row in range(start, min(start + AT_ONCE, len(self.prints)))
                if len(self.prints[row].points) >= MIN_POINTS
            ]
            if rows:
                paired = matches(picture.points, [self.prints[row].points for row in rows])
                found += [(row, *pair) for row, pair in zip(rows, paired, strict=True)]
        found = sorted((each for each in found if len(each[1]) >= MIN_MATCHES), key=lambda each: -len(each[1]))
        return [
            (row, overlay_matched(picture, self.prints[row], ours, theirs)) for row, ours, theirs in found[:MATCHED]
        ]


NONE = Forbidden((), ())


def forbid(photos: Iterable[tuple[str, bytes]]) -> Forbidden:
    """Of (name, encoded photo); each photo once. Raises ImageRejected."""
    prints: dict[str, tuple[str, Fingerprint]] = {}
    for name, data in photos:
        print_ = fingerprint(data)
        prints.setdefault(print_.sha256, (name, print_))
    return Forbidden(tuple(name for name, _ in prints.values()), tuple(print_ for _, print_ in prints.values()))


def join(lists: Sequence[Forbidden]) -> Forbidden:
    known = {
        print_.sha256: (name, print_) for each in lists for name, print_ in zip(each.names, each.prints, strict=True)
    }
    return Forbidden(tuple(name for name, _ in known.values()), tuple(print_ for _, print_ in known.values()))


def write_forbidden(path: Path, forbidden: Forbidden) -> None:
    """One .npz: no photo can be seen in it but as a thumb of 256 pixels."""
    prints = forbidden.prints
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            version=VERSION,
            names=np.array(forbidden.names, dtype=np.str_),
            sha256=np.array([each.sha256 for each in prints], dtype="S64"),
            phashes=np.array([each.phashes for each in prints], np.uint64).reshape(-1, 2),
            points=np.concatenate([np.empty(0, POINT), *(each.points for each in prints)]),
            point_counts=np.array([len(each.points) for each in prints], np.int64),
            sizes=np.array([each.thumb.shape[:2] for each in prints], np.int64).reshape(-1, 2),
            thumbs=np.concatenate([np.empty(0, np.uint8), *(each.thumb.ravel() for each in prints)]),
        )


def read_forbidden(path: Path) -> Forbidden:
    """Raises ValueError for a file of another version, OSError for one that cannot be read."""
    with np.load(path, allow_pickle=False) as file:
        if int(file["version"]) != VERSION:
            raise ValueError(f"{path} was written by another version. Write the data set anew.")
        points = np.split(file["points"], np.cumsum(file["point_counts"])[:-1])
        sizes = file["sizes"]
        thumbs = np.split(file["thumbs"], np.cumsum(sizes.prod(axis=1) * 3)[:-1])
        shas, hashes, names = file["sha256"], file["phashes"], file["names"]
    prints = tuple(
        Fingerprint(shas[row].decode(), hashes[row], points[row], thumbs[row].reshape(*sizes[row], 3))
        for row in range(len(names))
    )
    return Forbidden(tuple(map(str, names)), prints)
