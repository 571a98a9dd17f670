"""What of the capacity plan needs a database: the hot tier's constants, and the command."""

import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from search.build.calibrate import hot, kept
from search.capacity.constants import Constants
from search.capacity.demand import Demand
from search.capacity.tiers import hot_tier, truth_tier
from tests.unit.test_capacity import CONSTANTS

DIM = 16


def tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relname LIKE 'capacity_probe%'")
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.django_db(transaction=True)
def test_the_hot_tier_is_measured_and_leaves_nothing():
    figures = hot.measure_hot(DIM, (100, 400))
    assert figures["hot_ms"].value > 0
    assert figures["hot_bytes_per_row"].value > 2 * 2 * DIM
    assert figures["truth_bytes_per_row"].value > 2 * DIM
    assert tables() == []
    demand, constants = Demand(10**6, 100, dim=DIM), Constants(figures)
    assert hot_tier(demand, constants).vcpus > 0 < truth_tier(demand, constants).ssd_gib


@pytest.mark.django_db(transaction=True)
def test_a_database_without_the_tables_is_said_to_be_none(monkeypatch):
    monkeypatch.setattr(hot, "TABLE", "CREATE TABLE capacity_probe (LIKE nothing_of_that_name)")
    with pytest.raises(hot.NoHotTier, match="no database at hand"):
        hot.measure_hot(DIM, (10, 20))
    assert connection.is_usable()


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """A calibration that was kept before, so that the command measures nothing."""
    monkeypatch.setattr(settings, "VAR_DIR", tmp_path)
    about = (kept.this_machine(), 512, "2026-01-01 00:00 UTC", 3.0, ())
    kept.keep(tmp_path, kept.Calibration(*about, dict(CONSTANTS.by_name), CONSTANTS.tunings))
    return tmp_path


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("capacity", *arguments, stdout=out)
    return out.getvalue()


def test_the_report_is_printed(measured):
    said = run("--images", "1e9", "--qps", "10000", "--hot-share", "0.01", "--filters", "0.5")
    for word in ("1,000,000,000 images", "shards", "accelerators", "DiskANN", "Left out", "2026-01-01"):
        assert word in said


def test_the_report_is_printed_as_json(measured):
    (measured / "prices.toml").write_text("ram_gib_month = 0")
    asked = (
        "--images",
        "1e6",
        "--qps",
        "10",
        "--json",
        "--vectors",
        "ram",
        "--machine-vcpus",
        "8",
        "--max-shard-rows",
        "1e5",
    )
    free, dear = (json.loads(run(*asked, *more)) for more in (["--prices", str(measured / "prices.toml")], []))
    assert free["demand"]["machine"]["vcpus"] == 8
    assert free["demand"]["max_shard_rows"] == 100_000
    assert 0 < free["yearly"] < dear["yearly"]


@pytest.mark.parametrize("wrong", [["--images", "0"], ["--images", "1e6", "--recall", "2"]])
def test_impossible_questions_are_refused_in_words(measured, wrong):
    with pytest.raises(CommandError):
        run("--qps", "10", *wrong)


def test_a_price_file_that_is_not_there_is_named(measured):
    with pytest.raises(CommandError, match="none.toml"):
        run("--images", "1e6", "--qps", "10", "--prices", str(measured / "none.toml"))
