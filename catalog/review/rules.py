"""What people have said of a picture before, found again by its bytes or by its look."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from catalog.models import Image
from catalog.review.models import PictureRule
from ml.inspect.near import differing_bits, probes, thumbnail_distance

BITS = "bit_count((phash # %s)::bit(64))"
RULES = f"""SELECT verdict, sha256, phash, thumbnail, sku FROM catalog_picturerule
    WHERE withdrawn_at IS NULL AND (sha256 = %s OR {BITS} <= %s) ORDER BY id DESC"""
LOCK = 7_306_002  # any number
LOOK_ALIKES = f"""SELECT id, phash, thumbnail FROM catalog_image
    WHERE phash IS NOT NULL AND catalog_phash_bands(phash) && %s::int[] AND {BITS} <= %s ORDER BY {BITS}, id"""


@dataclass(frozen=True, slots=True)
class Look:
    """What a picture looks like. phash: signed, as the database holds it."""

    sha256: str
    phash: int
    thumbnail: bytes

    @classmethod
    def of(cls, image: Image) -> "Look":
        """Of one that has been inspected. Without a thumbnail, as before there were any, it is like nothing else."""
        return cls(image.sha256, image.phash, bytes(image.thumbnail or b""))

    def like(self, phash: int, thumbnail: bytes, distance: float) -> bool:
        """Whether another picture is this one, shrunken or encoded a little differently."""
        near = differing_bits(self.phash, phash) <= settings.SIGHTLINE_SAME_PICTURE_BITS
        return near and thumbnail_distance(self.thumbnail, thumbnail) <= distance


def take_turn() -> None:
    """Until the transaction ends: pictures that are inspected at once, and blocks, must see one another.

    Before any picture's row is locked, or two who wait for one another never end.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def standing_verdict(look: Look, sku: str) -> str:
    """ "block", "allow" or "reject", the latest word on such a picture of this product; "" where nobody said any.

    A block counts for whatever looks the same, anything else for the same bytes, or the same look at the same product.
    """
    with connection.cursor() as cursor:
        cursor.execute(RULES, [look.sha256, look.phash, settings.SIGHTLINE_SAME_PICTURE_BITS])
        rules = cursor.fetchall()
    for verdict, sha256, phash, thumbnail, told_of in rules:
        block = verdict == PictureRule.Verdict.BLOCK
        distance = settings.SIGHTLINE_BLOCK_DISTANCE if block else settings.SIGHTLINE_SAME_PICTURE_DISTANCE
        if sha256 == look.sha256 or ((block or told_of == sku) and look.like(phash, bytes(thumbnail), distance)):
            return verdict
    return ""


def look_alikes(look: Look, within: float) -> Iterable[tuple[int, int, float]]:
    """Every picture that looks the same, itself among them: id, differing bits, distance of thumbnails; nearest first.

    Through the index on the hash's bands, which finds all within 7 bits.
    """
    most = settings.SIGHTLINE_SAME_PICTURE_BITS
    with connection.cursor() as cursor:
        cursor.execute(LOOK_ALIKES, [probes(look.phash), look.phash, most, look.phash])
        rows = cursor.fetchall()
    for image_id, phash, thumbnail in rows:
        distance = thumbnail_distance(look.thumbnail, bytes(thumbnail or b""))
        if distance <= within:
            yield image_id, differing_bits(look.phash, phash), distance
