"""Judgements and results as TREC's text files, which trec_eval and ir_measures read.

A qrels line is `query 0 document grade`, a run line `query Q0 document rank score tag`. Names are separated by blanks,
so a blank inside one, and the percent sign, are written as in addresses: %20, %25.
"""

import string
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import numpy as np

from ml.evaluate.ranking import Qrels, Run

SAFE = string.punctuation.replace("%", "")


class NotTrec(ValueError):
    """A qrels line is `query 0 document grade`, a run line `query Q0 document rank score tag`."""


def write_qrels(path: Path, qrels: Qrels) -> None:
    """Raises NotTrec."""
    path.write_text(qrels_text(qrels), encoding="utf-8")


def qrels_text(qrels: Qrels) -> str:
    """Grades are whole numbers here: trec_eval knows no others. Raises NotTrec for one that is not."""
    lines = []
    for query, grades in qrels.items():
        for document, grade in grades.items():
            if grade != int(grade):
                raise NotTrec(f"{query} {document}: grade {grade} is no whole number")
            lines.append(f"{quote(query, SAFE)} 0 {quote(document, SAFE)} {int(grade)}\n")
    return "".join(lines)


def write_run(path: Path, run: Run, tag: str) -> None:
    """Scores only say the order, and fall from rank to rank: trec_eval sorts by them, and equal ones by name."""
    lines = [
        f"{quote(query, SAFE)} Q0 {quote(document, SAFE)} {rank} {len(ranked) - rank + 1} {quote(tag, SAFE)}\n"
        for query, documents in run.items()
        for ranked in [list(dict.fromkeys(documents))]
        for rank, document in enumerate(ranked, 1)
    ]
    path.write_text("".join(lines), encoding="utf-8")


def read_qrels(path: Path) -> dict[str, dict[str, int]]:
    """{query: {document: grade}}; of two lines for one pair the last counts. Raises NotTrec."""
    qrels: dict[str, dict[str, int]] = {}
    for place, parts in read_lines(path, 4):
        query, _, document, grade = parts
        qrels.setdefault(unquote(query), {})[unquote(document)] = number(grade, int, place)
    return qrels


def read_run(path: Path) -> dict[str, list[str]]:
    """{query: [documents]} in the order in which trec_eval sees them: by float32 score, equal ones by name, z first.

    The rank column counts for nothing. Raises NotTrec.
    """
    rows: dict[str, dict[str, float]] = {}
    for place, parts in read_lines(path, 6):
        query, _, document, _, score, _ = parts
        rows.setdefault(unquote(query), {})[document] = float(np.float32(number(score, float, place)))
    return {query: in_order(scores) for query, scores in rows.items()}


def in_order(scores: dict[str, float]) -> list[str]:
    """Names as they are written in the file decide between equal scores."""
    by_name = sorted(scores, key=str.encode, reverse=True)
    return [unquote(name) for name in sorted(by_name, key=lambda name: -scores[name])]


def read_lines(path: Path, columns: int) -> Iterator[tuple[str, list[str]]]:
    for count, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        parts = line.split()
        place = f"{path.name} line {count}"
        if parts and len(parts) != columns:
            raise NotTrec(f"{place} has {len(parts)} columns. {NotTrec.__doc__}")
        if parts:
            yield place, parts


def number(text: str, kind: type, place: str):
    try:
        return kind(text)
    except ValueError:
        raise NotTrec(f"{place}: {text} is no number. {NotTrec.__doc__}") from None
