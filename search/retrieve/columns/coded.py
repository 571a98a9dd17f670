"""Columns of few distinct values: a small number per row instead of the value. 0 means that there is none."""

from collections.abc import Callable, Hashable, Iterable

import numpy as np

MAX_RUNS = 4  # comparing a run costs two passes; more than this and looking each code up is cheaper
Pick = Callable[[np.ndarray], np.ndarray]  # the rows that are asked about, of any column


class Codebook(dict):
    """{value: code}, from 1 on. Asking for an unknown value gives it the next code."""

    def __init__(self, values: Iterable[Hashable] = ()):
        super().__init__((value, code) for code, value in enumerate(values, 1))

    def __missing__(self, value: Hashable) -> int:
        code = self[value] = len(self) + 1
        return code

    def code(self, value: Hashable | None) -> int:
        return 0 if value is None else self[value]

    def codes(self, values: Iterable[Hashable]) -> list[int]:
        """Ascending codes of those values that any row may have."""
        return sorted({self[value] for value in values if value in self})


class Coded:
    """One column. codes: uint8, uint16 or uint32 (n,), as small as the codebook allows."""

    def __init__(self, codes: np.ndarray, book: Codebook):
        self.codes, self.book = codes, book

    def among(self, values: Iterable[Hashable], pick: Pick) -> np.ndarray:
        """bool: which of the picked rows have one of these values."""
        return code_among(pick(self.codes), self.book.codes(values))

    def put(self, rows: np.ndarray, codes: np.ndarray) -> None:
        """codes int64 (len(rows),) of this column's book."""
        if len(codes) and (dtype := smallest(int(codes.max()))).itemsize > self.codes.dtype.itemsize:
            self.codes = self.codes.astype(dtype)
        self.codes[rows] = codes


def smallest(highest: int) -> np.dtype:
    return np.dtype(next((t for t in (np.uint8, np.uint16) if highest <= np.iinfo(t).max), np.uint32))


def code_among(column: np.ndarray, codes: list[int]) -> np.ndarray:
    """bool (n,): which codes of an unsigned column (n,) are among `codes`, ascending."""
    runs = runs_of([code for code in codes if code <= np.iinfo(column.dtype).max])
    if len(runs) > MAX_RUNS:
        table = np.zeros(max(int(column.max(initial=0)), codes[-1]) + 1, bool)
        table[codes] = True
        return table.take(column)
    found = np.zeros(len(column), bool) if len(runs) != 1 else in_run(column, *runs[0])
    for low, high in runs if len(runs) > 1 else ():
        found |= in_run(column, low, high)
    return found


def in_run(column: np.ndarray, low: int, high: int) -> np.ndarray:
    if low == high:
        return column == column.dtype.type(low)
    return column - column.dtype.type(low) <= column.dtype.type(high - low)  # what is lower wraps around to the top


def runs_of(codes: list[int]) -> list[tuple[int, int]]:
    """Ascending numbers as runs of neighbours, both ends included."""
    runs: list[tuple[int, int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], code)
        else:
            runs.append((code, code))
    return runs


def ranges(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """int64: starts[0], ..., ends[0] - 1, starts[1], ..."""
    lengths = ends - starts
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(lengths.sum())
