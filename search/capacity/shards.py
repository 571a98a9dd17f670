"""What one search of one cold shard costs a core, and how many rows a shard should have."""

from dataclasses import dataclass
from math import ceil, sqrt

from search.capacity.constants import Constants
from search.capacity.demand import Demand

INDEX_BYTES = ("list_bytes_per_row", "id_bytes_per_row", "column_bytes_per_row")


@dataclass(frozen=True, slots=True)
class ShardSearch:
    """Microseconds of one core, by part of the search. `waiting_us` is spent on the disk, not on the core."""

    lists: int
    nprobe: float
    codes: float
    rerank: float
    coarse_us: float
    scan_us: float
    rescore_us: float
    overhead_us: float
    filters_us: float  # what filters add, the mean over all queries
    waiting_us: float = 0.0

    @property
    def core_us(self) -> float:
        return self.coarse_us + self.scan_us + self.rescore_us + self.overhead_us + self.filters_us

    @property
    def total_us(self) -> float:
        return self.core_us + self.waiting_us


def lists_for(rows: float, constants: Constants) -> int:
    """Inverted lists of a shard: they follow the square root of the rows."""
    return max(1, round(constants["lists_per_sqrt_row"] * sqrt(rows)))


def scan_ns_per_code(constants: Constants) -> float:
    """As measured in a shard that may fit the processor's cache, but never faster than memory can be read."""
    from_memory_ns = constants["code_bytes"] / (constants["memory_gib_per_s"] * 2**30) * 1e9
    return max(constants["scan_ns_per_code"], from_memory_ns)


def search_cost(rows: float, demand: Demand, constants: Constants, on_ssd: bool) -> ShardSearch:
    """One search of a shard of `rows` rows at the recall asked for, by parts that were measured apart.

    Lists to probe, rows to rescore and the coarse step grow as they did between the two shards of the calibration. What
    is left of a search (keeping the best codes, copying rows) is taken to grow with the rows to rescore. A filter has
    to look at so many matches, however many rows there are: what it adds stays the same.
    """
    measured_rows = constants["calibration_rows"]
    tuning = constants.tuning(int(measured_rows), demand.recall)
    lists = lists_for(rows, constants)
    times = rows / measured_rows
    nprobe = min(lists, tuning.nprobe * times ** constants["nprobe_growth"])
    rerank = min(rows, tuning.rerank * times ** constants["rerank_growth"])
    codes = min(rows, nprobe * rows / lists * constants["list_imbalance"])
    return ShardSearch(
        lists=lists,
        nprobe=nprobe,
        codes=codes,
        rerank=rerank,
        coarse_us=constants["coarse_us"] * times ** constants["coarse_growth"],
        scan_us=nprobe * constants["list_us"] + codes * scan_ns_per_code(constants) / 1000,
        rescore_us=rerank * constants["rescore_us_per_row"],
        overhead_us=constants["overhead_us"] * rerank / tuning.rerank,
        filters_us=demand.filtered_share * constants["filter_extra_us"],
        waiting_us=rerank * constants["random_read_us"] if on_ssd else 0.0,
    )


def index_bytes_per_row(constants: Constants) -> float:
    """Everything but the float16 rows."""
    return sum(constants[name] for name in INDEX_BYTES)


def ram_bytes_per_row(demand: Demand, constants: Constants, on_ssd: bool) -> float:
    """Index, ids and filter columns of every generation that is kept warm; float16 rows of the live one."""
    rows = 0 if on_ssd else constants["row_bytes"]
    return index_bytes_per_row(constants) * demand.generations_in_ram + rows


def rows_per_shard(demand: Demand, constants: Constants, on_ssd: bool) -> int:
    """The most rows that fit one machine, are searched in time, and are not more than a shard may have."""
    machine = demand.machine
    fits = machine.ram_gib * machine.usable_ram * 2**30 / ram_bytes_per_row(demand, constants, on_ssd)
    most = int(min(fits, demand.max_shard_rows))
    if search_cost(most, demand, constants, on_ssd).core_us <= demand.shard_ms * 1000:
        return most
    enough, too_many = 1, most
    while too_many - enough > max(1, enough // 100):
        middle = (enough + too_many) // 2
        in_time = search_cost(middle, demand, constants, on_ssd).core_us <= demand.shard_ms * 1000
        enough, too_many = (middle, too_many) if in_time else (enough, middle)
    return enough


def shard_count(rows: int, demand: Demand, constants: Constants, on_ssd: bool) -> int:
    return ceil(rows / rows_per_shard(demand, constants, on_ssd))
