"""The arithmetic of a plan, against cases worked out by hand."""

from dataclasses import replace

import pytest

from search.capacity.cold import cold_tier, cold_tier_on
from search.capacity.constants import PUBLISHED, Constant, Constants, MissingConstant, Tuning
from search.capacity.demand import BadDemand, Demand, Machine
from search.capacity.prices import BadPrices, Prices, read_prices
from search.capacity.report import as_dict, lines, number, plan
from search.capacity.shards import lists_for, ram_bytes_per_row, rows_per_shard, scan_ns_per_code, search_cost
from search.capacity.tier import cores_for
from search.capacity.tiers import hot_tier, query_encoding

VALUES = {
    "calibration_rows": 10_000,
    "lists_per_sqrt_row": 2,
    "nprobe_growth": 0.5,
    "list_imbalance": 1.5,
    "coarse_us": 20,
    "coarse_growth": 0.25,
    "list_us": 0.5,
    "scan_ns_per_code": 10,
    "code_bytes": 128,
    "memory_gib_per_s": 100,
    "rerank_growth": 0,
    "rescore_us_per_row": 1,
    "overhead_us": 50,
    "filter_extra_us": 500,
    "row_bytes": 1024,
    "list_bytes_per_row": 110,
    "id_bytes_per_row": 20,
    "column_bytes_per_row": 10,
    "build_rows_per_s": 10_000,
    "sequential_mib_per_s": 1000,
    "random_read_us": 100,
    "random_reads_per_s": 10_000,
    "hot_ms": 1,
    "hot_rows": 20_000,
    "hot_growth": 0.5,
    "hot_bytes_per_row": 2048,
    "truth_bytes_per_row": 1200,
    "detect_ms": 30,
    "encode_image_ms": 10,
    "encode_text_ms": 4,
}
CONSTANTS = Constants(
    {name: Constant(value, "", "measured", "by hand") for name, value in VALUES.items()} | PUBLISHED,
    (Tuning(10_000, 0.9, 0.91, 5, 100), Tuning(10_000, 0.95, 0.96, 10, 200)),
)
DEMAND = Demand(1_000_000, 100, filtered_share=0.0, hot_share=0.0)


def figures(tier) -> dict[str, float]:
    return {line.what: line.value for line in tier.lines}


def test_a_search_is_the_sum_of_its_measured_parts():
    """A hundred times the rows: ten times the lists, ten times the probes, a hundred rows a list."""
    cost = search_cost(1_000_000, DEMAND, CONSTANTS, on_ssd=False)
    assert (cost.lists, cost.nprobe, cost.rerank) == (2000, 100, 200)
    assert cost.codes == 100 * 500 * 1.5
    assert cost.coarse_us == pytest.approx(20 * 10**0.5)
    assert cost.core_us == pytest.approx(20 * 10**0.5 + 100 * 0.5 + 750 + 200 + 50)
    assert cost.total_us == cost.core_us


def test_a_scan_is_never_faster_than_memory():
    slow = Constants(CONSTANTS.by_name | {"memory_gib_per_s": Constant(1, "GiB/s", "measured", "")}, CONSTANTS.tunings)
    assert scan_ns_per_code(CONSTANTS) == 10
    assert scan_ns_per_code(slow) == pytest.approx(128 / 2**30 * 1e9)


def test_filters_and_disks_make_it_longer():
    filtered = search_cost(1_000_000, replace(DEMAND, filtered_share=0.5), CONSTANTS, on_ssd=True)
    plain = search_cost(1_000_000, DEMAND, CONSTANTS, on_ssd=False)
    assert filtered.core_us == pytest.approx(plain.core_us + 500 / 2)
    assert filtered.total_us == pytest.approx(filtered.core_us + 200 * 100)


def test_a_small_shard_scans_no_more_than_it_has():
    cost = search_cost(50, DEMAND, CONSTANTS, on_ssd=False)
    assert cost.codes <= 50
    assert cost.nprobe <= cost.lists == lists_for(50, CONSTANTS)


def test_a_lower_recall_takes_the_cheaper_setting():
    assert CONSTANTS.tuning(10_000, 0.5).nprobe == 5
    assert CONSTANTS.tuning(10_000, 0.99).nprobe == 10  # the highest that was tried
    with pytest.raises(MissingConstant):
        CONSTANTS.tuning(20_000, 0.9)


def test_memory_holds_two_generations_of_codes_and_one_of_rows():
    assert ram_bytes_per_row(DEMAND, CONSTANTS, on_ssd=False) == 2 * 140 + 1024
    assert ram_bytes_per_row(DEMAND, CONSTANTS, on_ssd=True) == 2 * 140


def test_a_shard_is_bounded_by_memory_by_time_and_by_what_it_may_have():
    small = Machine(ram_gib=1, usable_ram=0.5)
    assert rows_per_shard(replace(DEMAND, machine=small), CONSTANTS, False) == 2**29 // (2 * 140 + 1024)
    assert rows_per_shard(replace(DEMAND, max_shard_rows=12_345), CONSTANTS, False) == 12_345
    in_time = rows_per_shard(replace(DEMAND, shard_ms=2), CONSTANTS, False)
    assert 1900 < search_cost(in_time, DEMAND, CONSTANTS, False).core_us <= 2000


def test_cores_leave_room_for_bursts_and_for_a_lost_replica():
    assert cores_for(6, replace(DEMAND, utilisation=0.6), 1) == 10
    assert cores_for(9, replace(DEMAND, utilisation=0.9), 2) == 20  # alone, one replica is 0.9 busy with all of it
    assert cores_for(9, replace(DEMAND, utilisation=0.3), 4) == 30
    assert cores_for(0, DEMAND, 2) == 0


def test_the_cold_tier_of_a_million_images():
    demand = replace(DEMAND, max_shard_rows=250_000)
    tier = cold_tier_on(demand, CONSTANTS, on_ssd=False)
    found, search_us = figures(tier), search_cost(250_000, demand, CONSTANTS, False).core_us
    assert (found["shards"], found["replicas"], found["machines"]) == (4, 2, 2)
    assert tier.ram_gib == pytest.approx(2 * 1e6 * (280 + 1024) / 2**30)
    assert tier.ssd_gib == pytest.approx(2 * 1e6 * (140 + 1024) * 3 / 2**30)
    assert tier.vcpus == cores_for(100 * 4 * search_us / 1e6, demand, 2)
    assert found["rebuild of a generation"] == pytest.approx(100 / 3600)


def test_more_queries_than_cores_take_more_replicas():
    tiny = Machine(vcpus=1, ram_gib=256)
    tier = cold_tier_on(replace(DEMAND, queries_per_s=5000, machine=tiny), CONSTANTS, on_ssd=False)
    assert figures(tier)["replicas"] > 2
    assert figures(tier)["replicas"] >= tier.vcpus


def test_rows_on_disk_need_disks_for_the_reads():
    tier = cold_tier_on(replace(DEMAND, queries_per_s=1000), CONSTANTS, on_ssd=True)
    assert figures(tier)["random reads"] == 1000 * 200
    assert tier.ssd_gib == 20 * DEMAND.machine.ssd_gib
    assert figures(tier)["waiting for the disk"] == 20


def test_rows_lie_on_disk_only_where_that_is_in_time_and_costs_less():
    cheap_ram, dear_ram = Prices(ram_gib_month=0), Prices(ram_gib_month=1000)
    placed = [cold_tier(DEMAND, CONSTANTS, prices).figure("waiting for the disk") for prices in (cheap_ram, dear_ram)]
    assert placed == [0, 20]
    assert cold_tier(replace(DEMAND, retrieve_ms=19), CONSTANTS, dear_ram).figure("waiting for the disk") == 0
    assert cold_tier(replace(DEMAND, vectors="ssd", retrieve_ms=19), CONSTANTS, dear_ram).ram_gib < 1


def test_the_hot_tier_grows_as_it_was_measured():
    tier = hot_tier(replace(DEMAND, hot_share=0.5), CONSTANTS)
    assert figures(tier)["one query"] == pytest.approx((500_000 / 20_000) ** 0.5)
    assert tier.ram_gib == pytest.approx(2 * 500_000 * 2048 / 2**30)
    assert hot_tier(DEMAND, CONSTANTS).vcpus == 0


def test_without_a_database_the_hot_tier_is_left_out_and_said_to_be():
    bare = Constants({name: one for name, one in CONSTANTS.by_name.items() if "hot" not in name}, CONSTANTS.tunings)
    report = plan(replace(DEMAND, hot_share=0.1), bare, Prices())
    assert report.tiers[1].yearly(Prices()) == 0
    assert "hot tier was not measured" in " ".join(report.warnings)
    assert "not measured" in "\n".join(lines(report))


def test_queries_are_encoded_where_it_costs_less():
    dear, cheap = Prices(vcpu_hour=1.0, accelerator_hour=0.1), Prices(vcpu_hour=0.001, accelerator_hour=10)
    on_boards, on_cores = (query_encoding(DEMAND, CONSTANTS, prices) for prices in (dear, cheap))
    assert (on_boards.vcpus, on_boards.accelerators) == (0, 2)  # one in each replica
    assert on_cores.vcpus == cores_for(50 * 0.040 + 50 * 0.004, DEMAND, 2)


def test_a_year_costs_what_its_parts_cost():
    prices = Prices(1, 2, 3, 4, 5)
    assert prices.yearly(ram_gib=1) == 12
    assert prices.yearly(ssd_gib=1, object_gib=1) == 60
    assert prices.yearly(vcpus=1, accelerators=2) == (4 + 10) * 8760
    report = plan(DEMAND, CONSTANTS, prices)
    assert report.yearly == pytest.approx(sum(tier.yearly(prices) for tier in report.tiers))


def test_the_report_says_where_every_figure_comes_from():
    report = plan(Demand(10**9, 10_000), CONSTANTS, Prices())
    text = "\n".join(lines(report))
    for name in {name for tier in report.tiers for line in tier.lines for name in line.uses}:
        assert f"| {name} | " in text
    for origin in ("measured", "published"):
        assert f"[{origin}]" in text
    assert "Left out" in text and "bench/tail.py" in text and "DiskANN" in text
    assert as_dict(report)["yearly"] == report.yearly


def test_the_report_warns_where_it_goes_beyond_what_was_measured():
    far = Demand(10**9, 10_000, recall=0.99, vectors="ssd", machine=Machine(ram_gib=32))
    said = " ".join(plan(far, CONSTANTS, Prices()).warnings)
    for word in ("Shards of", "hot tier of", "does not fit", "recall of 0.99"):
        assert word in said
    assert plan(replace(DEMAND, images=100_000), CONSTANTS, Prices()).warnings == ()


def test_what_growth_is_unsure_of_is_bounded():
    report = plan(Demand(10**9, 10_000), CONSTANTS, Prices())
    least, most = (tier.vcpus for tier in report.bounds)
    assert least < report.tiers[0].vcpus < most
    assert f"{least:,.0f} vCPU" in "\n".join(lines(report))


def test_a_constant_that_is_missing_is_named():
    with pytest.raises(MissingConstant, match="row_bytes has not been measured"):
        plan(DEMAND, Constants({}), Prices())


@pytest.mark.parametrize("wrong", [{"images": 0}, {"recall": 1.5}, {"replicas": 0}, {"hot_share": -0.1}])
def test_impossible_demands_are_refused(wrong):
    with pytest.raises(BadDemand):
        Demand(**({"images": 10, "queries_per_s": 1} | wrong))


def test_prices_come_from_a_file(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text('ram_gib_month = 7\ncurrency = "EUR"\n')
    assert read_prices(path) == Prices(ram_gib_month=7, currency="EUR")
    for wrong in ("rum = 1", "vcpu_hour = -1", "vcpu_hour = 'x'", "vcpu_hour", "vcpu_hour = true"):
        path.write_text(wrong)
        with pytest.raises(BadPrices):
            read_prices(path)
    with pytest.raises(BadPrices):
        read_prices(tmp_path / "none.toml")


def test_numbers_are_short():
    assert [number(value) for value in (0.12345, 12.345, 1234.5, 3.0, 1e9)] == [
        "0.123",
        "12.3",
        "1,234",
        "3",
        "1,000,000,000",
    ]
