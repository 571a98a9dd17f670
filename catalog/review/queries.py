"""What waits for a person, queue by queue, and what was decided lately. Nothing here writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.models import Image, Product
from catalog.review.models import LACKS, Decision, Inspection, PictureRule
from catalog.review.pairs import DECLINED, SUGGESTIONS
from catalog.storage import picture_url

Status = Image.Status
SHOWN = (Status.INSPECTED, Status.INDEXED)
PAIRS = """SELECT {what} FROM catalog_nearduplicate n
    JOIN catalog_image a ON a.id = n.image_id JOIN catalog_image b ON b.id = n.other_id
    JOIN catalog_product p ON p.id = a.product_id JOIN catalog_product q ON q.id = b.product_id
    WHERE NOT n.decided AND NOT a.blocked AND a.status IN ('inspected', 'indexed')
        AND NOT b.blocked AND b.status IN ('inspected', 'indexed')
        AND (p.group_id = '' OR p.group_id <> q.group_id) AND (p.gtin = '' OR p.gtin <> q.gtin)
    {more}"""
MOST_MEMBERS = 12  # of one group on the page; the rest comes next
ROUNDS = 4
COUNTED = 1_000  # of each queue, and no further: the page shows the numbers after each key


@dataclass(frozen=True, slots=True)
class Counts:
    """How much waits in each queue; COUNTED + 1 stands for more. duplicates: pairs of pictures."""

    held: int
    duplicates: int
    suggestions: int
    warnings: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Pair:
    id: int
    image_id: int
    other_id: int
    bits: int
    distance: float


@dataclass(frozen=True, slots=True)
class Member:
    """One product of a group of look-alikes, with the picture that looks like another's."""

    number: int
    product: Product
    image: Image
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """Products whose pictures look the same. first: id of the pair that it was found by. bits, distance: the widest."""

    first: int
    members: tuple[Member, ...]
    bits: int
    distance: float


@dataclass(frozen=True, slots=True)
class DecisionLine:
    at: datetime
    by: str
    queue: str
    said: str
    subject: str
    undone: bool


def counts() -> Counts:
    return Counts(
        held=up_to(pictures("held")),
        duplicates=len(ask(PAIRS.format(what="1", more="LIMIT %s"), [COUNTED + 1])),
        suggestions=up_to(lacking()),
        warnings=up_to(pictures("warnings")),
        rejected=up_to(pictures("rejected")),
    )


def up_to(waiting: QuerySet) -> int:
    return waiting.order_by()[: COUNTED + 1].count()


def pictures(queue: str) -> QuerySet[Image]:
    """Those that wait in the queue held, warnings or rejected; a block answers whatever was asked."""
    waiting = Image.objects.filter(blocked=False)
    if queue == "held":
        return waiting.filter(status=Status.HELD)
    if queue == "warnings":
        return waiting.filter(status__in=SHOWN, inspection__open=True)
    settled = Q(inspection__cause__in=[Inspection.Cause.PERSON, Inspection.Cause.BLOCKLIST])
    return waiting.filter(status=Status.REJECTED).exclude(settled)


def next_picture(queue: str, after: int) -> Image | None:
    """The first one after this id, else the first of all."""
    waiting = pictures(queue).select_related("product__category", "inspection").defer("product__words").order_by("pk")
    return waiting.filter(pk__gt=after).first() or waiting.first()


def lacking() -> QuerySet[Product]:
    """Products without a category or one of LACKING that have a picture in the index, and were not declined."""
    declined = Decision.objects.filter(
        queue=SUGGESTIONS, verdict=DECLINED, subject=OuterRef("sku"), undone_by=None, undoes=None
    )
    shown = Image.objects.filter(product=OuterRef("pk"), status__in=SHOWN, blocked=False)
    return Product.objects.filter(LACKS, Exists(shown), ~Exists(declined), blocked=False)


def next_group(after: int) -> Group | None:
    """The group of the first undecided pair after this one, else of the first of all, with all that hangs together."""
    first = pairs("AND n.id > %s ORDER BY n.id LIMIT 1", [after]) or pairs("ORDER BY n.id LIMIT 1", [])
    if not first:
        return None
    known = {pair.id: pair for pair in first}
    for _ in range(ROUNDS):
        images = [image for pair in known.values() for image in (pair.image_id, pair.other_id)]
        more = pairs("AND (n.image_id = ANY(%s) OR n.other_id = ANY(%s)) ORDER BY n.id LIMIT 100", [images, images])
        if known.keys() >= {pair.id for pair in more}:
            break
        known |= {pair.id: pair for pair in more}
    return group_of(first[0].id, list(known.values()))


def group_of(first: int, found: Sequence[Pair]) -> Group:
    ids = {image for pair in found for image in (pair.image_id, pair.other_id)}
    images = Image.objects.filter(pk__in=ids).select_related("product__category").defer("product__words")
    by_product: dict[int, Image] = {}
    for image in images.prefetch_related("product__offers__seller").order_by("pk"):
        by_product.setdefault(image.product_id, image)
    members = tuple(
        Member(number, image.product, image, picture_url(image.file))
        for number, image in enumerate(list(by_product.values())[:MOST_MEMBERS], 1)
    )
    return Group(first, members, max(pair.bits for pair in found), max(pair.distance for pair in found))


def pairs(more: str, values: Sequence) -> list[Pair]:
    """Undecided ones."""
    rows = ask(PAIRS.format(what="n.id, n.image_id, n.other_id, n.bits, n.distance", more=more), values)
    return [Pair(*row) for row in rows]


def ask(sql: str, values: Sequence = ()) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))
        return cursor.fetchall()


def blocklist() -> QuerySet[PictureRule]:
    return PictureRule.objects.filter(verdict=PictureRule.Verdict.BLOCK, withdrawn_at=None).order_by("-pk")


def history(limit: int = 50) -> list[DecisionLine]:
    rows = Decision.objects.select_related("undone_by").order_by("-pk")[:limit]
    return [DecisionLine(row.at, row.by, row.queue, row.said, row.subject, hasattr(row, "undone_by")) for row in rows]
