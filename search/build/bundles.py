"""Blue and green: another model bundle is filled beside the live one, tried, takes over, and can be taken back.

A bundle brings its own generation along, which answers for it whether or not the bundle is live. So the switch is one
row, and no search can meet the vectors of one bundle with the other's query.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from catalog.models import Image
from search import serving
from search.build import golden
from search.build import promote as generations
from search.build.lock import exclusive
from search.build.register import START, missing, note_bundle
from search.errors import ChangedMeanwhile, IndexRefused, NothingToGoBackTo, NotReady, UnknownBundle
from search.models import Bundle, Generation, ImageVector, ServingEvent

State = Bundle.State
HOT_ALONE_MAX_ROWS = 20_000  # up to here the hot tier answers as fast as a generation would
LOST_LOOKED_AT = 1_000
WORKER = "worker"
CANDIDATES = (State.BUILDING, State.SHADOW)


@dataclass(frozen=True, slots=True)
class Readiness:
    """`missing` pictures have no vector though their file is here; those whose file was `lost` hold up nothing.

    `reasons` say why the bundle should not go live; none means that it may.
    """

    vectors: int
    missing: int
    lost: int
    generation: str | None
    reasons: tuple[str, ...]


def readiness(bundle_id: str, golden_set: str = "") -> Readiness:
    """golden_set: default settings.SIGHTLINE_GOLDEN. Raises UnknownBundle."""
    find(bundle_id)
    vectors = ImageVector.objects.filter(bundle_id=bundle_id).count()
    without, lost = count_missing(bundle_id)
    generation = usable_generation(bundle_id)
    reasons = []
    if serving.find_folder(bundle_id) is None:
        reasons.append("its files are not on this machine")
    if without:
        reasons.append(f"{without} pictures have no vector of it yet")
    if vectors > HOT_ALONE_MAX_ROWS and generation is None:
        reasons.append(f"it has {vectors} vectors and no verified generation yet")
    reasons += golden.reasons_against(bundle_id, live_id(), golden_set)
    return Readiness(vectors, without, lost, generation and generation.pk, tuple(reasons))


def count_missing(bundle_id: str) -> tuple[int, int]:
    """Pictures without a vector: those that can still get one, and those whose file is gone.

    Those that no bundle has encoded yet are left out: they get a vector of each at once. Files are looked for where
    few are left; before that, all count as still to come.
    """
    without = missing(bundle_id).filter(status=Image.Status.INDEXED)
    files = list(without.values_list("file", flat=True)[: LOST_LOOKED_AT + 1])
    if len(files) > LOST_LOOKED_AT:
        return without.count(), 0
    here = sum(bool(file) and default_storage.exists(file) for file in files)
    return here, len(files) - here


def usable_generation(bundle_id: str) -> Generation | None:
    """The one that answers for the bundle, else the latest that was verified."""
    ready = Generation.objects.filter(bundle_id=bundle_id, state=Generation.State.READY, recall__ok=True)
    return generations.live_of(bundle_id) or ready.order_by("-created_at").first()


def share_traffic(bundle_id: str, share: float, actor: str) -> Bundle:
    """Let a building bundle answer a share (0 to 1) of the visitors, the same ones each time; 0 ends that."""
    if not 0 <= share <= 1:
        raise NotReady("A share lies between 0 and 1.")
    row = find(bundle_id)
    if row.state == State.BUILDING and (reasons := readiness(bundle_id).reasons[:1]):
        raise NotReady(f"Bundle {bundle_id} cannot answer yet: {reasons[0]}.")
    with transaction.atomic():
        exclusive()
        updated = Bundle.objects.filter(pk=bundle_id, state__in=CANDIDATES).update(
            share=share, state=State.SHADOW if share else State.BUILDING
        )
        if updated != 1:
            raise NotReady(f"Bundle {bundle_id} is {row.state}; only one that is building can be tried.")
        note_bundle("bundle shadow", actor, bundle_id, share=share)
    row.refresh_from_db()
    return row


def promote(bundle_id: str, actor: str, *, force: str = "", golden_set: str = "") -> Bundle:
    """Let a complete bundle answer everybody. The one before is kept filled, for a rollback. Raises IndexRefused.

    `force`: a reason to do it although something speaks against it; it is recorded. Files must be here all the same.
    """
    row, before = find(bundle_id), live_id()
    if row.state not in CANDIDATES:
        raise NotReady(f"Bundle {bundle_id} is {row.state}. {NotReady.__doc__}")
    reasons = readiness(bundle_id, golden_set).reasons
    if reasons and (not force or serving.find_folder(bundle_id) is None):
        raise NotReady(f"Bundle {bundle_id}: {'; '.join(reasons)}.")
    switch(row, CANDIDATES, before, "bundle promote", actor, force=force, against=reasons)
    row.refresh_from_db()
    return row


def rollback(actor: str) -> Bundle:
    """Back to the bundle that answered before; twice is back again. Raises IndexRefused."""
    before = live_id()
    for row in retired():
        if serving.find_folder(row.pk) is not None and not count_missing(row.pk)[0]:
            break
    else:
        raise NothingToGoBackTo(
            "There is no retired bundle whose files are here and that has a vector of every picture."
        )
    switch(row, (State.RETIRED,), before, "bundle rollback", actor)
    row.refresh_from_db()
    return row


def switch(row: Bundle, states: Sequence[str], before: str | None, verb: str, actor: str, **detail) -> None:
    """Compare and swap: one transaction, so that one bundle is live at any moment. Raises ChangedMeanwhile."""
    now = timezone.now()
    with transaction.atomic():
        exclusive()
        if live_id() != before:  # another process promoted first
            raise ChangedMeanwhile
        Bundle.objects.filter(pk=before, state=State.LIVE).update(state=State.RETIRED, retired_at=now)
        updated = Bundle.objects.filter(pk=row.pk, state__in=states).update(
            state=State.LIVE, share=0, promoted_at=now, retired_at=None
        )
        if updated != 1:  # it was promoted or retired meanwhile
            raise ChangedMeanwhile
        bring_generation(row.pk, actor)
        note_bundle(verb, actor, row.pk, before=before, **detail)
    serving.forget()


def bring_generation(bundle_id: str, actor: str) -> None:
    """Its verified generation goes live with it, where none is. Call with the lock held."""
    generation = usable_generation(bundle_id)
    if generation is not None and generation.state == Generation.State.READY:
        generations.switch(generation, Generation.State.READY)
        generations.note("promote", actor, generation, before=None)


def promote_when_complete() -> bool:
    """A bundle that came with the software takes over by itself when nothing speaks against it.

    Not where a person has a say: chose the live one, or registered the new one. Returns whether one took over.
    """
    if not settings.SIGHTLINE_AUTO_PROMOTE or by_hand(live_id(), ("bundle promote", "bundle rollback")):
        return False
    for row in Bundle.objects.filter(state=State.BUILDING).order_by("-registered_at"):
        if not by_hand(row.pk, ("bundle register", "bundle shadow")) and not readiness(row.pk).reasons:
            try:
                promote(row.pk, WORKER)
            except IndexRefused:  # a person was faster
                continue
            return True
    return False


def by_hand(bundle_id: str | None, verbs: Sequence[str]) -> bool:
    """Whether a person had the last say in this."""
    said = ServingEvent.objects.filter(bundle_id=bundle_id or "", verb__in=verbs).order_by("-pk").first()
    return said is not None and said.actor not in (START, WORKER)


def find(bundle_id: str) -> Bundle:
    """Raises UnknownBundle."""
    row = Bundle.objects.filter(pk=bundle_id).first()
    if row is None:
        raise UnknownBundle
    return row


def live_id() -> str | None:
    return Bundle.objects.filter(state=State.LIVE).values_list("pk", flat=True).first()


def retired():
    """Those that answered before, the latest first."""
    return Bundle.objects.filter(state=State.RETIRED).order_by(F("retired_at").desc(nulls_last=True), "-registered_at")
