"""An evaluation folder, answered by one generation: whole searches, as a shopper's, in this shop's own catalog."""

from pathlib import Path

from search.evaluate import measures
from search.evaluate.ask import Reply, Shop, ask_photo
from search.evaluate.folder import EvaluationFolder, Question, read_folder
from search.evaluate.sets import answering
from search.types import Query


def golden_score(folder: Path, generation_id: str) -> float | None:
    """nDCG@10 over the questions that this catalog can answer; None where it can answer none of them.

    The generation answers alone, without the hot tier. Raises NoSuchFolder, BrokenGeneration.
    """
    return folder_score(read_folder(folder), generation_id)


def folder_score(golden: EvaluationFolder, generation_id: str) -> float | None:
    with answering(generation=generation_id):
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
