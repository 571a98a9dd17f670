"""Filter columns without a database: codes, runs, files, and the masks that are kept."""

import numpy as np
import pytest

from search.build.columns import ColumnArrays, write_columns_from
from search.retrieve.columns import BrokenColumns, Columns, OfferFacts, ProductFacts, Wanted
from search.retrieve.columns.coded import Codebook, Coded, code_among, ranges, runs_of
from search.retrieve.columns.table import ALL, KEPT_MASKS, first_places
from search.retrieve.columns.wanted import folded

ROWS = 1003  # no multiple of 8


def everything(array):
    return array


@pytest.fixture
def columns(tmp_path) -> Columns:
    """Row r: product r // 2, category r % 50, price r, in stock where r is odd, sold by 7 or 8, red or nothing."""
    number = np.arange(ROWS)
    arrays = ColumnArrays(
        category=(number % 50).astype(np.int32),
        price=number.astype(np.float32),
        in_stock=number % 2 == 1,
        seller=np.where(number % 3 == 0, 7, 8).astype(np.int32),
        attributes={"color": (np.where(number % 5 == 0, 0, -1).astype(np.int32), ["red"])},
    )
    products = number.astype(np.int64) // 2
    write_columns_from(tmp_path / "columns", products, arrays, range(50))
    return Columns.open(tmp_path / "columns", products * 2 + number % 2 + 10_000, products)


def test_plain_arrays_are_filtered(columns):
    number = np.arange(ROWS)
    wanted = Wanted(frozenset([3, 4, 5]), 100.0, 900.0, True, (8,), (("color", "red"),))
    right = (
        np.isin(number % 50, [3, 4, 5]) & (number >= 100) & (number <= 900)
        & (number % 2 == 1) & (number % 3 != 0) & (number % 5 == 0)
    )  # fmt: skip
    mask = columns.match(wanted)
    assert np.array_equal(mask.rows, right)
    assert (mask.count, mask.rows.dtype, mask.rows.flags.c_contiguous) == (right.sum(), bool, True)
    assert columns.match(wanted) is mask
    assert columns.match(Wanted()).count == ROWS
    assert columns.match(Wanted(category_ids=frozenset())).count == 0
    assert columns.best_offers(np.array([1, 400, 9999])) == {1: (2.0, False), 400: (800.0, False)}
    columns.touch()


def test_a_change_flips_single_rows(columns):
    wanted = Wanted(in_stock=True)
    mask = columns.match(wanted)
    bits, rows, numbers = mask.bits, mask.rows, mask.nonzero()
    sold_out = ProductFacts(100, 3, (OfferFacts(5.0, False, 7),), {}, (10_200, 10_201))
    assert columns.refresh([sold_out, ProductFacts(77_777)]) == 1
    now = columns.match(wanted)
    assert now.count == mask.count - 1
    assert now.rows is rows and not rows[201]
    assert now.version == mask.version == 1
    assert now.memo is mask.memo
    assert np.array_equal(np.unpackbits(bits, bitorder="little")[:ROWS], rows)
    assert set(numbers) - set(now.nonzero()) == {201}
    columns.refresh([ProductFacts(100)])  # it is gone: both of its rows die
    assert columns.dead_count == 2
    assert not columns.alive.rows[200:202].any()


def test_further_offers_come_and_go(columns):
    far = Wanted(price_min=5000.0, seller_ids=(9,))
    for offers in ([], [5001.0], [5001.0, 1.0], [2.0, 6000.0], [2.0, 3.0], []):
        made = (OfferFacts(1.0, True, 7), *(OfferFacts(price, True, 9) for price in offers))
        columns.refresh([ProductFacts(50, 1, made, {}, (10_100, 10_101)), ProductFacts(3, 1, made, {}, (10_006,))])
        passed = [100, 101] if max(offers, default=0) > 5000 else []
        assert columns.match(far).nonzero().tolist() == ([6] if passed else []) + passed


def test_the_files_stay_as_they_were_built(columns, tmp_path):
    before = {path.name: path.read_bytes() for path in (tmp_path / "columns").iterdir()}
    columns.refresh([ProductFacts(product) for product in range(400)])
    assert {path.name: path.read_bytes() for path in (tmp_path / "columns").iterdir()} == before


def test_filters_that_nobody_asks_any_more_are_forgotten(columns):
    first = columns.match(Wanted(price_min=0.5))
    for number in range(KEPT_MASKS):
        columns.match(Wanted(price_min=1.0 + number))
    assert columns.match(Wanted(price_min=0.5)) is not first
    assert columns.match(ALL) is columns.alive


def test_a_column_grows_with_its_values():
    book = Codebook(range(250))
    column = Coded(np.zeros(4, np.uint8), book)
    column.put(np.array([2]), np.array([book.code(value) for value in range(1000, 1010)][-1:]))
    assert column.codes.dtype == np.uint16
    assert column.among([1009], everything).tolist() == [False, False, True, False]
    assert column.among(["unknown"], everything).tolist() == [False] * 4


@pytest.mark.parametrize("asked", [[], [1], [1, 2, 3], [1, 2, 7], [0, 2, 4, 6, 8, 10], [5, 300, 70_000]], ids=str)
def test_codes_are_found_by_runs_or_by_table(asked):
    column = np.random.default_rng(0).integers(0, 12, 200).astype(np.uint8)
    assert np.array_equal(code_among(column, asked), np.isin(column, asked))


def test_runs_and_ranges():
    assert runs_of([1, 2, 3, 7, 9, 10]) == [(1, 3), (7, 7), (9, 10)]
    assert ranges(np.array([5, 0, 8]), np.array([7, 0, 9])).tolist() == [5, 6, 8]
    values = np.array([7, 3, 3, 9, 7, 7])
    asked = np.array([0, 3, 4, 7, 8, 9, 10])
    assert first_places(values, np.argsort(values), asked).tolist() == np.searchsorted(sorted(values), asked).tolist()
    assert folded("İSTANBUL") == folded("istanbul")


@pytest.mark.parametrize("damage", ["missing", "truncated", "no json", "rows"])
def test_broken_files_are_named(columns, tmp_path, damage):
    folder, rows = tmp_path / "columns", ROWS
    if damage == "missing":
        (folder / "price.float32").unlink()
    elif damage == "truncated":
        (folder / "price.float32").write_bytes(b"1234")
    elif damage == "no json":
        (folder / "columns.json").write_text('{"format": 1')
    else:
        rows += 1
    with pytest.raises(BrokenColumns):
        Columns.open(folder, *np.zeros((2, rows), np.int64))


def test_a_shard_without_rows(tmp_path):
    nothing = np.empty(0, np.int64)
    write_columns_from(tmp_path, nothing, ColumnArrays(nothing, np.empty(0), np.empty(0, bool), nothing))
    columns = Columns.open(tmp_path, nothing, nothing)
    columns.touch()
    assert columns.refresh([ProductFacts(1)]) == 0
    mask = columns.match(Wanted(in_stock=True, category_ids=frozenset([1])))
    assert (mask.count, mask.nonzero().size, mask.bits.size) == (0, 0, 0)
