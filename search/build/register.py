"""Which bundle answers: the first at once, a later one when every picture has a vector of it."""

import hashlib

from django.core.files.storage import default_storage
from django.db import connection, transaction

from catalog.models import Image
from ml.bundle import default_bundle_folder, read_manifest
from search import serving
from search.models import Bundle, ImageVector

EMBEDDABLE = (Image.Status.INSPECTED, Image.Status.INDEXED)
LOCK = 5_120_843  # advisory: two processes that start at once register one bundle


def register_bundle() -> Bundle:
    """Make the installed bundle known, and index its vectors. Live at once where nothing else can answer.

    Otherwise it is building: the live one goes on answering until promote_when_complete.
    """
    folder = default_bundle_folder()
    bundle_id, dim = serving.folder_bundle_id(folder), int(read_manifest(folder)[0]["dim"])
    with transaction.atomic():
        lock()
        row, new = Bundle.objects.get_or_create(id=bundle_id, defaults={"dim": dim, "state": Bundle.State.BUILDING})
        if new:
            create_index(row)
        elif row.state == Bundle.State.RETIRED:  # back to an earlier bundle: what it missed is filled in first
            Bundle.objects.filter(pk=row.pk).update(state=Bundle.State.BUILDING)
            row.refresh_from_db()
    if row.state == Bundle.State.BUILDING and not another_answers():
        promote(row.pk)
    serving.forget()
    row.refresh_from_db()
    return row


def lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def another_answers() -> bool:
    """A bundle is live, has vectors, and its files are here: without any of these it answers nothing."""
    live = Bundle.objects.filter(state=Bundle.State.LIVE).first()
    return (
        live is not None
        and ImageVector.objects.filter(bundle=live).exists()
        and serving.find_folder(live.pk) is not None
    )


def index_name(bundle_id: str) -> str:
    return "hnsw_" + hashlib.sha256(bundle_id.encode()).hexdigest()[:16]


def create_index(bundle: Bundle) -> None:
    """A partial HNSW index over this bundle's hot vectors alone."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE INDEX IF NOT EXISTS {index_name(bundle.pk)} ON search_imagevector"
            f" USING hnsw ((vector::halfvec({int(bundle.dim)})) halfvec_ip_ops)"
            f" WHERE bundle_id = '{bundle.pk.replace(chr(39), chr(39) * 2)}' AND hot"
        )


def promote(bundle_id: str) -> None:
    """Building becomes live, live becomes retired, in one transaction of conditional updates."""
    with transaction.atomic():
        lock()
        if not Bundle.objects.filter(pk=bundle_id, state=Bundle.State.BUILDING).exists():
            return  # another process promoted first
        Bundle.objects.filter(state=Bundle.State.LIVE).update(state=Bundle.State.RETIRED)
        Bundle.objects.filter(pk=bundle_id).update(state=Bundle.State.LIVE)
    serving.forget()


def promote_when_complete() -> bool:
    """Promote a building bundle that has a vector of every embeddable picture. Returns whether it did.

    A picture whose file was lost can never be embedded, and holds up nothing.
    """
    for bundle in Bundle.objects.filter(state=Bundle.State.BUILDING):
        files = missing(bundle.pk).values_list("file", flat=True)
        if not any(file and default_storage.exists(file) for file in files.iterator()):
            promote(bundle.pk)
            return True
    return False


def missing(bundle_id: str):
    """Pictures that could be searched but have no vector of this bundle."""
    done = ImageVector.objects.filter(bundle_id=bundle_id).values("image_id")
    return Image.objects.filter(status__in=EMBEDDABLE, blocked=False).exclude(pk__in=done)
