"""How a bundle becomes known to the index: at every start the installed one, at any time another one by its folder."""

import hashlib
import shutil
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from catalog.models import Image
from ml.bundle import default_bundle_folder, load_bundle
from ml.errors import BundleError
from ml.manifest import CARD, read_manifest
from search import serving
from search.build.lock import exclusive
from search.errors import NotReady
from search.models import Bundle, ImageVector, ServingEvent

EMBEDDABLE = (Image.Status.INSPECTED, Image.Status.INDEXED)
START = "start"  # as an actor: the bundle came with the software
State = Bundle.State


def register_bundle() -> Bundle:
    """Make the installed bundle known, and index its vectors. Live at once where nothing else can answer.

    A new one is building beside the live one. One that was retired or removed stays so while another answers: whoever
    decided that knew that its files are here.
    """
    folder = default_bundle_folder()
    row, new = make_known(folder)
    if row.state != State.LIVE and not another_answers():
        go_live(row.pk, START)
    elif new:
        note_bundle("bundle register", START, row.pk)
    serving.forget()
    row.refresh_from_db()
    return row


def register_folder(folder: Path, actor: str) -> Bundle:
    """Copy a bundle here and fill it beside the live one, also one that was retired. Raises NotReady."""
    try:
        load_bundle(folder).close()
    except BundleError as error:
        raise NotReady(str(error)) from error
    if serving.find_folder(serving.folder_bundle_id(folder)) is None:
        install(folder)
    else:
        renew_card(folder)
    row, _ = make_known(folder)
    with transaction.atomic():
        exclusive()
        wake(row.pk)
        note_bundle("bundle register", actor, row.pk)
    if not another_answers():
        go_live(row.pk, actor)
    row.refresh_from_db()
    return row


def wake(bundle_id: str) -> None:
    """A retired or removed bundle is filled again. Call with the lock held. Raises NotReady."""
    row = Bundle.objects.get(pk=bundle_id)
    if row.state == State.REMOVING:
        raise NotReady(f"Bundle {bundle_id} is being removed. Register it again when that is done.")
    if row.state == State.REMOVED:
        create_index(row)
    asleep = Bundle.objects.filter(pk=bundle_id, state__in=[State.RETIRED, State.REMOVED])
    asleep.update(state=State.BUILDING, share=0, retired_at=None)


def install(folder: Path) -> None:
    """The copy appears under its name when it is whole; drafts lie one folder deeper, where nobody looks."""
    target = installed_folder(serving.folder_bundle_id(folder))
    draft = target.parent / "drafts" / target.name
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(folder, draft)
    draft.rename(target)


def renew_card(folder: Path) -> None:
    """What is known of a bundle may have been written down since; its vectors are the same."""
    installed = installed_folder(serving.folder_bundle_id(folder))
    if installed.exists() and (folder / CARD).exists() and not folder.samefile(installed):
        draft = installed / f"{CARD}.draft"
        shutil.copyfile(folder / CARD, draft)
        draft.replace(installed / CARD)


def installed_folder(bundle_id: str) -> Path:
    return Path(settings.SIGHTLINE_BUNDLES_DIR) / bundle_id


def make_known(folder: Path) -> tuple[Bundle, bool]:
    """The bundle's row, and whether it is new."""
    bundle_id, dim = serving.folder_bundle_id(folder), int(read_manifest(folder)[0]["dim"])
    with transaction.atomic():
        exclusive()
        row, new = Bundle.objects.get_or_create(id=bundle_id, defaults={"dim": dim, "state": State.BUILDING})
        if new:
            create_index(row)
    return row, new


def go_live(bundle_id: str, actor: str) -> None:
    """Without a question: nothing else can answer."""
    with transaction.atomic():
        exclusive()
        if Bundle.objects.filter(pk=bundle_id, state=State.LIVE).exists():
            return  # another process was first
        Bundle.objects.filter(state=State.LIVE).update(state=State.RETIRED, retired_at=timezone.now())
        Bundle.objects.filter(pk=bundle_id).update(
            state=State.LIVE, share=0, promoted_at=timezone.now(), retired_at=None
        )
        note_bundle("bundle promote", actor, bundle_id, reason="nothing else can answer")
    serving.forget()


def another_answers() -> bool:
    """A bundle is live, has vectors, and its files are here: without any of these it answers nothing."""
    live = Bundle.objects.filter(state=State.LIVE).first()
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


def drop_index(bundle_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX IF EXISTS {index_name(bundle_id)}")


def missing(bundle_id: str):
    """Pictures that could be searched but have no vector of this bundle."""
    done = ImageVector.objects.filter(bundle_id=bundle_id, image=OuterRef("pk"))  # NOT IN would compare all with all
    return Image.objects.filter(~Exists(done), status__in=EMBEDDABLE, blocked=False)


def note_bundle(verb: str, actor: str, bundle_id: str, **detail) -> None:
    ServingEvent.objects.create(verb=verb, actor=actor, bundle_id=bundle_id, detail=detail)
