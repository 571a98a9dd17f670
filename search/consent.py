"""Photos that shoppers left to the shop, to get better with: others see copies without faces alone."""

import io
import logging
import secrets
from collections.abc import Callable

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.utils import timezone
from PIL import Image

from ml.inspect.faces import blur_faces
from search.errors import PhotoExpired
from search.models import QueryPhoto
from search.photos import BLURRED, JPEG, decode_kept, lifetime, read_file

log = logging.getLogger(__name__)


def blur_kept(should_stop: Callable[[], bool] = lambda: False) -> int:
    """Each kept photo that has no copy without faces yet gets one. Returns how many did."""
    made = 0
    waiting = QueryPhoto.objects.filter(consented=True, blurred="", expires_at__gt=timezone.now())
    for row in waiting.order_by("created_at").iterator():
        if should_stop():
            break
        made += blur(row)
    return made


def blur(row: QueryPhoto) -> bool:
    """False for a photo that is gone, or that cannot be read: that one is of no use, and lives as any other."""
    try:
        clean, _ = blur_faces(decode_kept(read_file(row)).convert("RGB"))
    except PhotoExpired as error:
        log.warning("a kept photo cannot be read: %s", error.detail)
        QueryPhoto.objects.filter(pk=row.pk).update(consented=False, expires_at=row.created_at + lifetime(False))
        return False
    out = io.BytesIO()
    clean.save(out, "JPEG", **JPEG)
    name = storages["private"].save(
        f"{BLURRED}/{row.token[:2]}/{secrets.token_hex(16)}.jpg", ContentFile(out.getvalue())
    )
    if QueryPhoto.objects.filter(pk=row.pk, blurred="").update(blurred=name):
        return True
    storages["private"].delete(name)  # taken back meanwhile
    return False


def read_blurred(row: QueryPhoto) -> Image.Image:
    """The copy without faces. Raises PhotoExpired."""
    return decode_kept(read_bytes(row))


def read_bytes(row: QueryPhoto) -> bytes:
    """The same as a JPEG file. Raises PhotoExpired."""
    try:
        with storages["private"].open(row.blurred) as file:
            return file.read()
    except FileNotFoundError:
        raise PhotoExpired from None
