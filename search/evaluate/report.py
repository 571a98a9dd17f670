"""The whole evaluation: ask all, measure all, keep the misses."""

from collections.abc import Callable
from pathlib import Path

from django.db.models import Count

from catalog.models import Image, Product
from search.evaluate import closeness, measures
from search.evaluate.ask import Reply, Shop, ask_best_box, ask_every_box, ask_given_box, ask_photo
from search.evaluate.folder import EvaluationFolder, Question
from search.models import ImageDetail
from search.serving import live_bundle_id, loaded_bundle
from search.types import Query

Step = Callable[[str], None]


def evaluate(
    folder: EvaluationFolder, step: Step, signals: Path | None = None
) -> tuple[dict, list[tuple[Question, Reply]], Shop]:
    """The figures, the (question, reply) pairs of same_product for a look at the misses, and the shop.

    signals: a file for what `python -m ml.train closeness` learns from.
    """
    shop = Shop(folder)
    truth = {room.photo: room for room in folder.rooms}
    photos = [each for each in folder.questions if each.photo and not each.text]
    photo_only = [each for each in photos if each.sold]
    boxed = [each for each in photo_only if each.bbox]
    unboxed = [each for each in photo_only if not each.bbox]
    step("looking at photos")
    for photo in folder.photos:
        shop.look(photo)
    step("searching from the detector's boxes")
    same = [(each, ask_photo(shop, each, truth, mode="same_product")) for each in photo_only]
    default = [(each, ask_photo(shop, each, truth)) for each in photo_only]
    step("searching from given boxes")
    given = [(each, ask_given_box(shop, each, mode="same_product")) for each in boxed]
    step("searching from every box")
    best_box = [(each, ask_best_box(shop, each, mode="same_product")) for each in unboxed]
    any_box = [(each, ask_every_box(shop, each, mode="same_product")) for each in unboxed]
    both = [(each, ask_photo(shop, each, truth)) for each in folder.questions if each.photo and each.text and each.sold]
    step("searching for what is not sold")
    foreign = [(each, ask_photo(shop, each, truth, mode="same_product")) for each in photos if not each.sold]
    seen = closeness.examples([*same, *foreign], shop)
    if signals:
        closeness.write(seen, signals)
    step("searching by text")
    texts = [each for each in folder.questions if each.text and not each.photo and each.sold]
    text = [(each, shop.search(Query(text=each.text, limit=measures.PAGE))) for each in texts]
    figures = {
        "detection": measures.detection(folder.rooms, shop),
        "same_product": same_product(same, default, given, shop),
        "text": text_figures(text, shop),
        "photo": {
            "as_searched": measures.ranking([pair for pair in same if not pair[0].bbox]),
            "best_box": measures.ranking(best_box),
            "any_box": measures.ranking(any_box),
        },
        "photo_and_text": measures.ranking(both),
        "closeness": closeness.figures(seen, loaded_bundle(live_bundle_id()).card),
        "latency_ms": measures.latency(same, shop),
        "catalog": catalog_counts(),
        "details": detail_counts(),
        "bundle": live_bundle_id(),
        "problems": problems(folder, shop),
    }
    return figures, same, shop


def same_product(same: measures.Asked, default: measures.Asked, given: measures.Asked, shop: Shop) -> dict:
    """Photo to product over the full catalog. An object that the detector missed is a miss here, too."""
    boxed = any(each.bbox for each, _ in same)
    return measures.ranking(same) | {
        "from": "detector boxes" if boxed else "photos without a box: the best boxes, the middle and the whole",
        "mode": "same_product",
        "category_precision_at_1": measures.category_precision(same, shop),
        "objects_without_a_box": sum(reply.error is not None for _, reply in same),
        "default_mode": measures.ranking(default),
        "given_boxes": measures.ranking(given),
    }


def text_figures(text: measures.Asked, shop: Shop) -> dict:
    """The search as it is, and what each half of it would give alone."""
    vectors, words = [], []
    for each, reply in text:
        by_vectors, by_words = shop.parts_of(reply.query_id) if reply.query_id else ((), ())
        vectors.append((each, Reply(by_vectors, reply.stands_for)))
        words.append((each, Reply(by_words, reply.stands_for)))
    return measures.ranking(text) | {
        "vectors_only": measures.ranking(vectors),
        "words_only": measures.ranking(words),
    }


def catalog_counts() -> dict:
    states = Image.objects.values_list("status").annotate(Count("pk"))
    return {"products": Product.objects.count(), "images": dict(states)}


def detail_counts() -> dict:
    """Pictures of the catalog that were looked at for words, and those that have any."""
    read = ImageDetail.objects.filter(words_version__gt=0)
    return {"images_read": read.count(), "images_with_words": read.exclude(words=[]).count()}


def problems(folder: EvaluationFolder, shop: Shop) -> dict:
    """What the figures suffer from besides the models: said, and counted as misses."""
    known = set(shop.category_by_sku)
    unknown = {sku for each in folder.questions for sku in each.right} - known
    photos = [found for found in shop.found.values() if isinstance(found, str)]
    return {
        "wrong_lines": list(folder.wrong_lines[:20]),
        "wrong_lines_count": len(folder.wrong_lines),
        "photos_unusable": photos[:20],
        "photos_unusable_count": len(photos),
        "products_not_in_the_catalog": sorted(unknown)[:20],
        "products_not_in_the_catalog_count": len(unknown),
    }
