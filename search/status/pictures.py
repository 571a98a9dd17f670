"""The status of single pictures: what the catalog says, where the index has it, and whose turn it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Exists, OuterRef

from catalog.models import Image
from catalog.review.models import Inspection
from catalog.storage import picture_url
from catalog.visible import visible_products
from search.retrieve import follow
from search.serving import Serving
from search.status.held import cold_among, hot_among
from search.status.queue import Turn, turns

HOT, COLD = "hot", "cold"
FIELDS = ("pk", "product_id", "product__sku", "product__title", "position", "file", "source")
SOLD = Exists(visible_products().filter(pk=OuterRef("product")))
FIELDS += ("status", "reason", "attempts", "blocked", "waiting_since", "inspected_at", "indexed_at")
FIELDS += ("inspection__cause", "inspection__kept")
NO_TURN = Turn()


class State(StrEnum):
    """As people see it. missing: the catalog says searchable, and the index does not hold it. hidden: the picture or
    its product is blocked, or all of its sellers. held: a person has to look at it first."""

    WAITING = "waiting"
    INSPECTED = "inspected"
    SEARCHABLE = "searchable"
    MISSING = "missing"
    HELD = "held"
    REJECTED = "rejected"
    FAILED = "failed"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class PictureStatus:
    """tiers: those that find it now, also while a new vector is being made. since: when it became searchable.

    live_after_s: how long that took since it was saved, None before. cause: why inspection held or rejected it
    (catalog.review), None where it could not be inspected. kept: whether there is a copy that a person may accept.
    """

    image_id: int
    product_id: int
    sku: str
    title: str
    position: int
    source: str
    image_url: str
    state: State
    tiers: tuple[str, ...]
    generation_id: str
    reason: str
    attempts: int
    waiting_since: datetime
    inspected_at: datetime | None
    since: datetime | None
    turn: Turn
    cause: str | None
    kept: bool

    @property
    def found(self) -> bool:
        return bool(self.tiers)

    @property
    def tier_words(self) -> str:
        """The hot row of a picture that is in both is the one that is found."""
        return "hot and cold tier" if len(self.tiers) > 1 else f"{self.tiers[0]} tier" if self.tiers else ""

    @property
    def live_after_s(self) -> float | None:
        if self.since is None or self.since < self.waiting_since:
            return None
        return (self.since - self.waiting_since).total_seconds()

    @property
    def may_retry(self) -> bool:
        """Also what could not be fetched or read: it may have been mended meanwhile."""
        return self.state == State.FAILED or (self.state == State.REJECTED and self.cause is None)

    @property
    def may_accept(self) -> bool:
        """Only what is wrong with its quality may be overruled here; bare skin and blocklists are for the review."""
        return self.state == State.REJECTED and self.cause == Inspection.Cause.QUALITY and self.kept


def picture_statuses(image_ids: Iterable[int]) -> dict[int, PictureStatus]:
    """By picture; those that are gone are left out. Three queries at most, whatever the number."""
    rows = list(Image.objects.filter(pk__in=list(image_ids)).annotate(sold=SOLD).values(*FIELDS, "sold"))
    serving = follow.current()
    hot, cold, generation_id = tiers_of(serving, rows)
    waiting = [row["pk"] for row in rows if row["status"] in (Image.Status.PENDING, Image.Status.INSPECTED)]
    places = turns(waiting)
    return {
        row["pk"]: make_status(
            row,
            tuple(name for name, found in ((HOT, hot), (COLD, cold)) if row["pk"] in found),
            generation_id if row["pk"] in cold else "",
            places.get(row["pk"], NO_TURN),
        )
        for row in rows
    }


def tiers_of(serving: Serving, rows: list[dict]) -> tuple[set[int], set[int], str]:
    """Pictures that the hot and the cold tier find, and the generation's id. One query."""
    bundle_id = serving.bundle_id
    if bundle_id is None or not rows:
        return set(), set(), ""
    hot = hot_among(serving, bundle_id, [row["pk"] for row in rows])
    generation = serving.cold.get(bundle_id)
    if generation is None:
        return hot, set(), ""
    return hot, cold_among(generation, [row["product_id"] for row in rows]), generation.id


def make_status(row: dict, tiers: tuple[str, ...], generation_id: str, turn: Turn) -> PictureStatus:
    return PictureStatus(
        image_id=row["pk"],
        product_id=row["product_id"],
        sku=row["product__sku"],
        title=row["product__title"],
        position=row["position"],
        source=row["source"],
        image_url=picture_url(row["file"]),
        state=state_of(row, bool(tiers)),
        tiers=tiers,
        generation_id=generation_id,
        reason=row["reason"],
        attempts=row["attempts"],
        waiting_since=row["waiting_since"],
        inspected_at=row["inspected_at"],
        since=row["indexed_at"],
        turn=turn,
        cause=row["inspection__cause"],
        kept=bool(row["inspection__kept"]),
    )


def state_of(row: dict, found: bool) -> State:
    if row["blocked"] or not row["sold"]:
        return State.HIDDEN
    if row["status"] == Image.Status.INDEXED:
        return State.SEARCHABLE if found else State.MISSING
    return {
        Image.Status.PENDING: State.WAITING,
        Image.Status.INSPECTED: State.INSPECTED,
        Image.Status.HELD: State.HELD,
        Image.Status.REJECTED: State.REJECTED,
        Image.Status.FAILED: State.FAILED,
    }[row["status"]]
