"""Pictures alone, words alone, or both in one catalog vector: which finds more, for each kind of query.

The catalog is an evaluation folder (docs/evaluate.md); queries are boxed as they say, so that the detector has no part.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ImageOps

from ml.bundle import Bundle
from ml.crop import crop
from ml.encode import catalog_words, fuse_words, texts_once
from ml.evaluate import precision_at_1, recall_at_k
from ml.images import open_image
from ml.train.photos import read_feed, read_jsonl

SHARES = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8)
WORDS_ALONE = 1e6
WEIGHTS = (0.6, 0.4)  # photo and words, as a search without weights has them
SIDE_PX = 1280


@dataclass(frozen=True, slots=True)
class Catalog:
    """One row a picture: its product, its vector and the vector of its product's words, float32 (n, dim)."""

    products: list[str]
    pictures: np.ndarray
    words: np.ndarray

    def rank(self, queries: np.ndarray, share: float) -> Iterator[list[str]]:
        """For each query the products, best first."""
        for scores in queries @ fuse_words(self.pictures, self.words, share).T:
            yield list(dict.fromkeys(self.products[row] for row in np.argsort(-scores)))


@dataclass(frozen=True, slots=True)
class Asked:
    """Queries of one kind: unit vectors float32 (m, dim), and the right products of each."""

    vectors: np.ndarray
    right: list[set[str]]


def compare(bundle: Bundle, folder: Path, shares: Sequence[float] = (*SHARES, WORDS_ALONE)) -> str:
    """A table in Markdown: precision at 1 and recall at 10 by the words' share in the catalog's vectors."""
    feed, queries = read_feed(folder / "feed.csv"), golden(folder)
    catalog, kinds = read_catalog(bundle, folder, feed), ask(bundle, folder, feed, queries)
    lines = [
        f"| words' share | {' | '.join(f'{kind} ({len(each.right)})' for kind, each in kinds.items())} |",
        "|---" * (len(kinds) + 1) + "|",
    ]
    for share in shares:
        cells = []
        for each in kinds.values():
            qrels = {str(number): dict.fromkeys(right, 1) for number, right in enumerate(each.right)}
            run = {str(number): ranked for number, ranked in enumerate(catalog.rank(each.vectors, share))}
            cells.append(f"{precision_at_1(qrels, run):.3f}, {recall_at_k(qrels, run, 10):.3f}")
        lines.append(f"| {'words alone' if share == WORDS_ALONE else share} | {' | '.join(cells)} |")
    return "\n".join(lines)


def golden(folder: Path) -> list[dict]:
    return read_jsonl(folder / "golden" / "queries.jsonl") or read_jsonl(folder / "queries.jsonl")


def read_catalog(bundle: Bundle, folder: Path, feed: list[dict]) -> Catalog:
    rows = [
        (row, folder / link.strip())
        for row in feed
        for link in (row["image_link"], *row.get("additional_image_link", "").split(","))
        if link and (folder / link.strip()).exists()
    ]
    once, places = texts_once([catalog_words(row["title"], row) for row, _ in rows])
    pictures = [bundle.encode_images([open_image(path.read_bytes(), max_side_px=512)]) for _, path in rows]
    return Catalog([row["id"] for row, _ in rows], np.concatenate(pictures), bundle.encode_texts(once)[places])


def ask(bundle: Bundle, folder: Path, feed: list[dict], queries: list[dict]) -> dict[str, Asked]:
    """Photos; words, from descriptions where no query has any; and photos with the colour of another variant."""
    shown, said = [row for row in queries if row.get("photo")], [row for row in queries if not row.get("photo")]
    photos = Asked(np.concatenate([look(bundle, folder, row) for row in shown]), [right_of(row) for row in shown])
    texts = [(row["text"], right_of(row)) for row in said]
    texts = texts or [(row["description"], {row["id"]}) for row in feed if row["description"]]
    kinds = {"photo": photos, "words": Asked(bundle.encode_texts([text for text, _ in texts]), [r for _, r in texts])}
    wanted = list(variants(feed, shown))
    if wanted:
        rows, colours, right = zip(*wanted, strict=True)
        words = bundle.encode_texts([f"in {colour}" for colour in colours])
        mixed = WEIGHTS[0] * photos.vectors[list(rows)] + WEIGHTS[1] * bundle.text_scale * words
        kinds["photo and words"] = Asked(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), list(right))
    return kinds


def look(bundle: Bundle, folder: Path, row: dict) -> np.ndarray:
    """float32 (1, dim): the query's box, or all of the photo, and its mirror image, as a search encodes them."""
    photo = open_image((folder / row["photo"]).read_bytes())
    if row.get("bbox"):
        photo = crop(photo, row["bbox"], bundle.margin)
    both = bundle.encode_images([photo, ImageOps.mirror(photo)]).sum(axis=0, keepdims=True)
    return both / np.linalg.norm(both)


def right_of(row: dict) -> set[str]:
    return {*row.get("product_ids", ()), *([row["product_id"]] if "product_id" in row else [])}


def variants(feed: list[dict], shown: list[dict]) -> Iterator[tuple[int, str, set[str]]]:
    """(photo, colour, products): what is seen on the photo, in the colour of another variant of its family."""
    families: dict[str, list[dict]] = {}
    for row in feed:
        families.setdefault(row.get("item_group_id") or row["id"], []).append(row)
    by_id = {row["id"]: row for row in feed}
    for number, query in enumerate(shown):
        seen = by_id[query["product_id"]]
        family = families[seen.get("item_group_id") or seen["id"]]
        colours = sorted({row["color"] for row in family if row.get("color")} - {seen.get("color")})
        if colours:
            colour = colours[number % len(colours)]
            yield number, colour, {row["id"] for row in family if row["color"] == colour}
