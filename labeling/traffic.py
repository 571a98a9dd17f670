"""A query set from what shoppers really asked: photos that they left to the shop, and words, from every corner of it.

Drawn by strata, so that what is asked most does not crowd out the rest: by type, category and traffic, the same number
from each as far as it has that many. Private data stays out: photos are copies without faces, words that may name a
person are no candidates.
"""

import hashlib
import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from labeling.build import words_sha256
from labeling.errors import BadProject
from labeling.models import Query, QueryBatch
from labeling.pictures import keep_photo
from labeling.withdrawn import photo_name
from ml.errors import ImageRejected
from search.consent import read_bytes
from search.demand.private import is_private
from search.demand.queries import kept_photos
from search.errors import PhotoExpired
from search.models import QueryLog, QueryPhoto

DAYS = 28
READ = 20_000  # newest searches of each type that are looked at
OFTEN = 3  # asked so many times or more: the head of the traffic


@dataclass(frozen=True, slots=True)
class Asked:
    """A candidate. stratum: type, what kind of thing, whether it is asked often."""

    name: str
    type: str
    text: str
    photo: QueryPhoto | None
    bbox: tuple[float, ...] | None
    stratum: tuple[str, str, bool]


def sample_traffic(size: int, name: str, seed: int | None = None) -> QueryBatch:
    """A query set of at most `size` searches of the last DAYS. Raises BadProject where there is nothing to draw from,
    or the name is taken."""
    drawn = draw(candidates(timezone.now() - timedelta(days=DAYS)), size, random.Random(seed))
    try:
        with transaction.atomic():
            batch = QueryBatch.objects.create(name=name, origin=QueryBatch.Origin.TRAFFIC)
            rows = [row for row in (query_row(batch, each) for each in drawn) if row]
            if not rows:
                raise BadProject("There is nothing to draw from yet: no words, and no photo left to the shop.")
            Query.objects.bulk_create(rows)
    except IntegrityError as error:
        raise BadProject("There is a query set of this name already.") from error
    return batch


def draw(asked: list[Asked], size: int, chance: random.Random) -> list[Asked]:
    """One of each stratum in turn, at random within it."""
    strata: dict[tuple, list[Asked]] = defaultdict(list)
    for each in asked:
        strata[each.stratum].append(each)
    piles = [chance.sample(strata[key], len(strata[key])) for key in sorted(strata)]
    chance.shuffle(piles)
    drawn: list[Asked] = []
    while len(drawn) < size and any(piles):
        drawn += [pile.pop() for pile in piles if pile]
    return drawn[:size]


def candidates(since: datetime) -> list[Asked]:
    logs = QueryLog.objects.filter(created_at__gte=since).order_by("-created_at").values_list("asked", "photo_token")
    kept = {row.token: row for row in kept_photos()}
    photos = logs.filter(photo_token__in=kept) if kept else logs.none()
    return of_words(logs.filter(asked__kind="text")[:READ]) + of_photos(photos[:READ], kept)


def of_words(logs) -> list[Asked]:
    """Each wording once. The kind of thing: the category that was filtered by, where one was."""
    asked: dict[str, str] = {}
    times: Counter[str] = Counter()
    for told, _ in logs:
        words = " ".join((told.get("text") or "").split())
        if words and not is_private(words):
            asked.setdefault(words.casefold(), (told.get("filters") or {}).get("category") or "")
            times[words.casefold()] += 1
    return [
        Asked(f"text-{digest(words)}", Query.Type.TEXT, words, None, None, ("text", category, times[words] >= OFTEN))
        for words, category in asked.items()
    ]


def of_photos(logs, kept: dict[str, QueryPhoto]) -> list[Asked]:
    """Each photo once, with the frame that was searched last."""
    seen: dict[str, tuple[dict, str]] = {}
    for told, token in logs:
        seen.setdefault(token, (told, told.get("sees") or ""))
    times = Counter(sees for _, sees in seen.values())
    return [photo_asked(kept[token], told, sees, times[sees] >= OFTEN) for token, (told, sees) in seen.items()]


def photo_asked(row: QueryPhoto, told: dict, sees: str, often: bool) -> Asked:
    words = told.get("text") or ""
    words = "" if is_private(words) else words
    kind = Query.Type.PHOTO_TEXT if words else Query.Type.PHOTO
    box = tuple(told["bbox"]) if told.get("bbox") else None
    return Asked(photo_name(row.token), kind, words, row, box, (kind.value, sees, often))


def query_row(batch: QueryBatch, asked: Asked) -> Query | None:
    """None for a photo that was taken back meanwhile."""
    row = Query(batch=batch, name=asked.name, type=asked.type, text=asked.text)
    if asked.photo is None:
        row.sha256 = words_sha256(asked.text)
        return row
    try:
        kept = keep_photo(read_bytes(asked.photo))
    except (PhotoExpired, ImageRejected):
        return None
    row.photo, row.sha256, row.phash = kept.name, kept.sha256, kept.phash
    row.width, row.height, row.bbox = asked.photo.width, asked.photo.height, asked.bbox and list(asked.bbox)
    row.category = asked.stratum[1]
    return row


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
