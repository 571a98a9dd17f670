"""The query path, one line per stage. The table of contents of search/."""

from functools import partial

from search import photos
from search.demand.keep import keep_demand
from search.known import cards_of, facts_of, vectors_of
from search.rerank.closeness import closeness
from search.rerank.collapse import collapse
from search.rerank.diversify import diversify
from search.rerank.evidence import weigh
from search.rerank.order import rank
from search.rerank.patches import compare_patches
from search.rerank.printed import match
from search.rerank.rules import apply_rules
from search.rerank.verify import verify
from search.respond.answer import next_page, page
from search.respond.flag import record_flag
from search.respond.record import record, record_click
from search.retrieve.follow import current
from search.retrieve.gather import gather, without_image
from search.retrieve.local import stored_features
from search.retrieve.patches import stored_patches
from search.retrieve.printed import add_printed, printed_on
from search.retrieve.router import retriever
from search.retrieve.samples import sample
from search.serving import Serving, database_at_hand, loaded_bundle, model_slot
from search.timing import Stopwatch, count_partial
from search.types import Answer, Filters, FoundObjects, Photo, Query, Ranking
from search.understand.asked import check_kind, encode
from search.understand.looking import start_looking
from search.understand.objects import Target, check_box, choose_objects, choose_target, crops, kind_of
from search.understand.reading import start_reading
from search.understand.words import clean_text

reopen_objects = photos.photo_objects
__all__ = ["find_objects", "find_products", "rank_products", "record_click", "record_flag", "reopen_objects"]


@database_at_hand()
def find_objects(data: bytes, consented: bool = False) -> FoundObjects:
    """Detects what a shopper could tap in an uploaded photo, and keeps the photo under a token. Raises BadImage.

    consented: the shopper lets the shop keep it for longer.
    """
    watch = Stopwatch()
    with watch.stage("bundle"):
        bundle = loaded_bundle(current().answering(None))
    with watch.stage("decode"):
        photo = photos.decode(data)
    with watch.stage("detect"), model_slot():
        detections = bundle.detect(photo.image)
    with watch.stage("choose"):
        objects, fallback = choose_objects(detections, photo, bundle.confident)
    with watch.stage("keep"):
        token = photos.keep(photo, objects, fallback, consented)
    return FoundObjects(token, photo.width, photo.height, objects, fallback, watch.report_ms())


@database_at_hand()
def find_products(query: Query) -> Answer:
    """Searches the catalog. Raises a search.errors.SearchError for a query that cannot be answered."""
    if query.cursor is not None:
        return next_page(query.cursor, query.limit, partial(cards_of, current()))
    watch = Stopwatch()
    with watch.stage("bundle"):
        serving = current()
    found = rank_products(query, serving, watch)
    with watch.stage("record"):
        for vector in found.vectors[:1] if query.logged else ():
            sample(vector)
        stages_ms, generation = watch.report_ms(), serving.generation_id(found.bundle_id)
        hits, told = list(found.hits), found.understanding
        log = record(query, told, hits, found.bundle_id, found.partial, stages_ms, generation)
        keep_demand(query, found, log)
    if found.partial:
        count_partial(found.notes)
    return page(log, 0, query.limit, watch, partial(cards_of, serving), found.notes)


def rank_products(query: Query, serving: Serving, watch: Stopwatch, hidden_image_id: int | None = None) -> Ranking:
    """The search itself: nothing of it is kept. hidden_image_id: a picture that is passed over, as if not indexed."""
    with watch.stage("bundle"):
        bundle = loaded_bundle(serving.answering(query.visitor))
    words = clean_text(query.text)
    kind = check_kind(query, words)
    with watch.stage("decode"):
        photo = open_photo(query)
    with watch.stage("detect"):
        target = find_target(query, photo, bundle)
    with watch.stage("crop"):
        pictures = crops(photo, target.boxes, bundle) if photo else []
        reading, look = start_reading(pictures), start_looking(pictures)
    with watch.stage("encode"):
        asked = encode(bundle.id, pictures, query, words, partial(vectors_of, serving))
    with watch.stage("retrieve"):
        gathered = gather(asked, query.filters, retriever(serving))
    with watch.stage("read"):
        read = reading.words()
        gathered = add_printed(gathered, read, asked, query.filters)
        if hidden_image_id is not None:
            gathered = without_image(gathered, hidden_image_id)
    with watch.stage("rescore"):
        hits = rank(asked, gathered)
    with watch.stage("patches"):
        hits = compare_patches(hits, asked, partial(stored_patches, gathered.near, bundle))
    with watch.stage("evidence"):
        printed = match(read, printed_on(hit.product_id for hit in hits) if read else {})
        hits = weigh(hits, [printed.evidence])
    with watch.stage("verify"):
        hits = verify(hits, look.points(), partial(stored_features, gathered.near))
    with watch.stage("rules"):
        facts = facts_of(serving, bundle.id, [hit.product_id for hit in hits])
        hits = apply_rules(hits, facts, query.mode)
    with watch.stage("collapse"):
        hits = collapse(hits, facts)
    with watch.stage("diversify"):
        hits = diversify(hits, query.mode)
    understanding = describe(kind, query, words, target, printed.known)
    understanding |= {"sees": kind_of(bundle, asked.views) if photo else ""}
    whole = kind == "photo" and query.filters == Filters() and not gathered.partial  # else it may lie outside
    understanding |= {"closeness": closeness(hits, bundle.card) if whole else None}
    queries = tuple(asked.queries())
    return Ranking(bundle.id, tuple(hits), understanding, gathered.partial, gathered.notes, queries)


def open_photo(query: Query) -> Photo | None:
    """The uploaded photo, or the kept one; None for a search without a photo."""
    if query.image is not None:
        return photos.decode(query.image)
    return photos.open_kept(query.photo) if query.photo is not None else None


def find_target(query: Query, photo: Photo | None, bundle) -> Target:
    """The shopper's box; else around the best one that was found when the photo was kept, or is found now."""
    if photo is None:
        return Target((), False)
    if query.bbox is not None:
        return Target((check_box(query.bbox, photo),), False)
    if query.photo is not None:
        kept = photos.photo_objects(query.photo)
        return choose_target(kept.objects, kept.fallback, photo)
    with model_slot():
        detections = bundle.detect(photo.image)
    return choose_target(*choose_objects(detections, photo, bundle.confident), photo)


def describe(kind: str, query: Query, words: str | None, target: Target, printed: tuple[str, ...]) -> dict:
    """What was understood of the query: for the page to say, and for the log.

    Of the words in a photo those alone that the catalog knows: a letter on the table is nobody's business.
    """
    return {
        "kind": kind,
        "text": words,
        "bbox": list(target.boxes[0]) if target.boxes else None,
        "boxes": [list(box) for box in target.boxes],
        "fallback": target.fallback,
        "mode": query.mode,
        "product_id": query.product_id,
        "words_in_picture": list(printed),
    }
