"""Golden sets in and out: evaluation folders, TREC qrels and runs, JSON lines, and folders of another machine."""

import json
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from catalog.models import Product
from labeling.errors import BadGolden
from labeling.export.golden import Draft, publish, register
from labeling.models import GoldenSet
from ml.evaluate import golden as files
from ml.evaluate.trec import NotTrec, read_qrels, write_qrels
from search.evaluate.ask import inside
from search.evaluate.folder import NoSuchFolder, first_of, read_folder

JUDGMENTS = "judgments.jsonl"
POOL_NAMES = {files.SAME: "same_product", files.SIMILAR: "visually_similar"}


def from_folder(name: str, root: Path, actor: str, limit: int | None = None, every: int = 1) -> GoldenSet:
    """An evaluation folder (docs/evaluate.md): named products are the same, grades are of what is similar.

    every: takes each n-th query alone; limit: at most so many. Raises BadGolden.
    """
    try:
        folder = read_folder(root)
        lines = first_of(root, "queries.jsonl").read_text("utf-8-sig").splitlines()
    except NoSuchFolder as error:
        raise BadGolden(str(error)) from error
    if folder.wrong_lines:
        raise BadGolden(f"{folder.wrong_lines[0]}. Mend the file: a golden set leaves nothing out.")
    rows = [json.loads(line) if line.strip() else {} for line in lines]
    draft = Draft()
    for question in [each for each in folder.questions if each.sold][::every][:limit]:
        row = rows[int(question.id) - 1]
        if float(row.get("visible", 1)) < 0.5:
            continue
        query = query_from(question.id, row)
        if query.photo:
            draft.photos[query.id] = read_bytes(root, query.photo)
        draft.queries[query.id] = query
    categorise(draft)
    return publish(name, draft, actor, f"From the folder {root.name}")


def read_bytes(root: Path, photo: str) -> bytes:
    try:
        return inside(root, photo).read_bytes()
    except OSError as error:
        raise BadGolden(f"{photo}: {error.strerror or error}.") from error


def query_from(key: str, row: dict) -> files.GoldenQuery:
    """`grades` of an older folder may be the only judgement: then they count for what is similar."""
    named = [str(sku) for sku in (row.get("product_ids") or [row.get("product_id")]) if sku is not None]
    return files.GoldenQuery(
        id=str(row.get("id") or key).zfill(5),
        photo=row.get("photo"),
        bbox=tuple(row["bbox"]) if row.get("bbox") else None,
        text=row.get("text"),
        type=row.get("type", ""),
        category=row.get("category", ""),
        same=dict.fromkeys(named, 1),
        similar={str(sku): int(round(float(grade))) for sku, grade in (row.get("grades") or {}).items()},
    )


def from_trec(name: str, queries: Path, qrels: dict[str, Path], actor: str) -> GoldenSet:
    """Queries as JSON lines ({"id", "photo" or "text", "bbox", ...}, photos beside them), a qrels file for each pool.

    Raises BadGolden.
    """
    try:
        grades = {pool: read_qrels(path) for pool, path in qrels.items()}
        rows = [json.loads(line) for line in queries.read_text("utf-8-sig").splitlines() if line.strip()]
        by_id = {str(row["id"]): row for row in rows}
    except (NotTrec, OSError, ValueError, KeyError, TypeError) as error:
        raise BadGolden(str(error)) from error
    unknown = {query for pool in grades.values() for query in pool} - by_id.keys()
    if unknown:
        raise BadGolden(f"The qrels name queries that are not in {queries.name}: {', '.join(sorted(unknown)[:5])}.")
    draft = Draft()
    for key, row in by_id.items():
        pools = {pool: grades.get(pool, {}).get(key, {}) for pool in files.POOLS}
        if not any(pools.values()):
            continue
        if row.get("photo"):
            draft.photos[key] = read_bytes(queries.parent, row["photo"])
        bbox = tuple(row["bbox"]) if row.get("bbox") else None
        text, kind, category = row.get("text"), row.get("type", ""), row.get("category", "")
        draft.queries[key] = files.GoldenQuery(key, row.get("photo"), bbox, text, kind, category, **pools)
    categorise(draft)
    return publish(name, draft, actor, f"From {queries.name} and " + ", ".join(path.name for path in qrels.values()))


def from_golden(folder: Path, actor: str) -> GoldenSet:
    """A golden set of another machine, as it is: same name, same sha256. Raises BadGolden."""
    try:
        there = files.read_golden(folder)
        for query in there.queries:
            if query.photo:
                files.read_photo(there, query)
    except files.BadGoldenSet as error:
        raise BadGolden(str(error)) from error
    home = Path(settings.SIGHTLINE_GOLDEN_DIR)
    home.mkdir(parents=True, exist_ok=True)
    target = home / there.ref
    if not target.exists():
        draft = home / f".draft-{there.ref}"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(folder, draft)
        draft.rename(target)
    return register(files.read_golden(target), actor, there.about.get("note", ""))


def categorise(draft: Draft) -> None:
    """A query of which nobody said what it shows is of the category of what is right for it."""
    skus = {sku for query in draft.queries.values() for sku in (*query.same, *query.similar)}
    known = dict(Product.objects.filter(sku__in=skus).values_list("sku", "category__path"))
    for key, query in draft.queries.items():
        best = sorted(query.same or query.similar, key=lambda sku: -(query.same or query.similar)[sku])
        if not query.category and best:
            found = next((known[sku] for sku in best if known.get(sku)), "")
            draft.queries[key] = replace(query, category=found)


def export(golden: files.GoldenSet, to: Path) -> list[Path]:
    """The folder itself, and beside its queries a TREC qrels file for each pool and all judgements as JSON lines."""
    to.mkdir(parents=True, exist_ok=True)
    shutil.copytree(golden.folder, to, dirs_exist_ok=True, copy_function=shutil.copyfile)
    made = []
    for pool in files.POOLS:
        if qrels := golden.qrels(pool):
            made.append(to / f"{POOL_NAMES[pool]}.qrels")
            write_qrels(made[-1], qrels)
    made.append(to / JUDGMENTS)
    made[-1].write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in judgments(golden)), "utf-8")
    return made


def judgments(golden: files.GoldenSet) -> Iterable[dict]:
    for query in golden.queries:
        for pool in files.POOLS:
            for sku, grade in query.grades(pool).items():
                yield {"query": query.id, "pool": POOL_NAMES[pool], "product": sku, "grade": grade}
