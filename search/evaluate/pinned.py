"""The golden set, answered by one generation: whole searches, as a shopper's, in this shop's own catalog."""

from math import inf
from pathlib import Path

from django.conf import settings

from search.evaluate import measures
from search.evaluate.ask import Reply, Shop, ask_photo
from search.evaluate.folder import EvaluationFolder, Question, read_folder
from search.models import Generation
from search.retrieve import follow
from search.retrieve import generation as cold
from search.serving import Serving
from search.types import Query


def golden_score(folder: Path, generation_id: str) -> float | None:
    """nDCG@10 over the questions that this catalog can answer; None where it can answer none of them.

    The generation answers alone, without the hot tier. Raises NoSuchFolder, BrokenGeneration.
    """
    row = Generation.objects.get(pk=generation_id)
    generation = cold.Generation.open(Path(settings.SIGHTLINE_INDEX_DIR) / row.pk, bundle_id=row.bundle_id)
    alone = Serving(row.bundle_id, cold={row.bundle_id: generation}, hot={row.bundle_id: 0}, seen_at_s=inf)
    golden = read_folder(folder)
    with follow.pinned(alone):
        asked = ask_all(golden)
    return measures.ranking(asked)["ndcg_at_10"]


def ask_all(golden: EvaluationFolder) -> list[tuple[Question, Reply]]:
    shop = Shop(golden)
    truth = {room.photo: room for room in golden.rooms}
    known = [each for each in golden.questions if each.right.keys() & shop.category_by_sku.keys()]
    return [
        (each, ask_photo(shop, each, truth) if each.photo else shop.search(Query(text=each.text, limit=measures.PAGE)))
        for each in known
    ]
