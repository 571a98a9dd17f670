"""The cold tier: how many shards and replicas, and what they hold and do."""

from dataclasses import dataclass
from math import ceil

from search.capacity.constants import Constants
from search.capacity.demand import Demand
from search.capacity.prices import Prices
from search.capacity.shards import (
    INDEX_BYTES,
    ShardSearch,
    index_bytes_per_row,
    ram_bytes_per_row,
    search_cost,
    shard_count,
)
from search.capacity.tier import GIB, Line, Tier, cores_for

DISK_WAIT = "waiting for the disk"
SEARCH = ("coarse_us", "list_us", "scan_ns_per_code", "rescore_us_per_row", "overhead_us", "filter_extra_us")


@dataclass(frozen=True, slots=True)
class Cold:
    """Sizes of the cold tier; GiB and cores of all replicas together. `disks`: at least so many, for their reads."""

    on_ssd: bool
    rows: int
    shards: int
    replicas: int
    search: ShardSearch
    busy_cores: float
    cores: int
    ram_gib: float
    ssd_gib: float
    reads_per_s: float
    disks: int
    machines: int


def cold_tier(demand: Demand, constants: Constants, prices: Prices) -> Tier:
    """With the float16 rows where the demand wants them, or where they cost less: on disk only if that is in time."""
    if demand.vectors != "auto":
        return cold_tier_on(demand, constants, demand.vectors == "ssd")
    in_ram, on_ssd = (cold_tier_on(demand, constants, on_ssd) for on_ssd in (False, True))
    in_time = on_ssd.figure(DISK_WAIT) <= demand.retrieve_ms
    return on_ssd if in_time and on_ssd.yearly(prices) < in_ram.yearly(prices) else in_ram


def cold_tier_on(demand: Demand, constants: Constants, on_ssd: bool) -> Tier:
    cold = size(demand, constants, on_ssd)
    name = f"cold: IVF codes in RAM, float16 rows {place(cold)}"
    kept_gib = cold.rows * disk_bytes_per_row(constants) / GIB
    lines = (*what_is_asked(cold), *what_it_takes(cold, demand, constants))
    return Tier(name, lines, ram_gib=cold.ram_gib, ssd_gib=cold.ssd_gib, vcpus=cold.cores, object_gib=kept_gib)


def size(demand: Demand, constants: Constants, on_ssd: bool) -> Cold:
    """A replica may be spread until each shard has a machine of its own; more work than that takes more replicas."""
    machine, rows = demand.machine, max(1, round(demand.images * (1 - demand.hot_share)))
    shards = shard_count(rows, demand, constants, on_ssd)
    search = search_cost(rows / shards, demand, constants, on_ssd)
    work, replicas = demand.queries_per_s * shards * search.core_us / 1e6, demand.replicas
    while (cores := cores_for(work, demand, replicas)) > replicas * shards * machine.vcpus:
        replicas += 1
    ram_gib = replicas * rows * ram_bytes_per_row(demand, constants, on_ssd) / GIB
    disk_gib = replicas * rows * disk_bytes_per_row(constants) * demand.generations_on_disk / GIB
    reads_per_s = demand.queries_per_s * shards * search.rerank if on_ssd else 0
    disks = ceil(reads_per_s / constants["random_reads_per_s"])
    ssd_gib = max(disk_gib, disks * machine.ssd_gib)
    needs = (ram_gib / (machine.ram_gib * machine.usable_ram), cores / machine.vcpus, ssd_gib / machine.ssd_gib)
    machines = max(replicas, *map(ceil, needs))
    return Cold(on_ssd, rows, shards, replicas, search, work, cores, ram_gib, ssd_gib, reads_per_s, disks, machines)


def disk_bytes_per_row(constants: Constants) -> float:
    return index_bytes_per_row(constants) + constants["row_bytes"]


def place(cold: Cold) -> str:
    return "on SSD" if cold.on_ssd else "in RAM"


def what_is_asked(cold: Cold) -> list[Line]:
    search, rows = cold.search, cold.rows / cold.shards
    rescored = f"float16 rows {place(cold)}, at this recall"
    return [
        Line("rows", cold.rows, "images", "images without the hot share"),
        Line("shards", cold.shards, "", f"of {rows:,.0f} rows; what fits, is in time, and may be"),
        Line("replicas", cold.replicas, "", "as asked, or more where a shard's machine has too few cores"),
        Line("lists probed in a shard", search.nprobe, f"of {search.lists}", "at this recall", ("nprobe_growth",)),
        Line("codes scanned in a shard", search.codes, "codes", "lists probed x rows a list", ("list_imbalance",)),
        Line("rows rescored in a shard", search.rerank, "rows", rescored, ("rerank_growth",)),
        Line("one search of one shard", search.core_us / 1000, "core ms", "sum of the parts on the right", SEARCH),
    ]


def what_it_takes(cold: Cold, demand: Demand, constants: Constants) -> list[Line]:
    machine, busy = demand.machine, f"{cold.busy_cores:,.0f} busy"
    ram_row, disk_row = ram_bytes_per_row(demand, constants, cold.on_ssd), disk_bytes_per_row(constants)
    shard_mib = cold.rows / cold.shards * disk_row / 2**20
    build_hours = cold.rows / constants["build_rows_per_s"] / 3600
    lines = [
        Line("RAM", cold.ram_gib, "GiB", f"{ram_row:.0f} bytes a row and replica", (*INDEX_BYTES, "row_bytes")),
        Line("cores", cold.cores, "vCPU", f"{busy}; queries/s x shards x one search; a replica may fail"),
        Line("SSD", cold.ssd_gib, "GiB", f"{disk_row:.0f} bytes a row, {demand.generations_on_disk} generations"),
        Line("machines", cold.machines, "", f"of {machine.vcpus} vCPU, {machine.ram_gib:g} GiB; whatever binds first"),
        Line("rebuild of a generation", build_hours, "core hours", "all rows", ("build_rows_per_s",)),
        Line(
            "a shard from a cold disk",
            shard_mib / constants["sequential_mib_per_s"] / 60,
            "minutes",
            "read once",
            ("sequential_mib_per_s",),
        ),
    ]
    if not cold.on_ssd:
        return lines
    reads = Line("random reads", cold.reads_per_s, "per s", f"{cold.disks} disks' worth", ("random_reads_per_s",))
    wait = Line(DISK_WAIT, cold.search.waiting_us / 1000, "ms a query", "reads one by one", ("random_read_us",))
    return [*lines, wait, reads]
