"""All tiers together: totals, warnings, and the report as text and as JSON."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from search.capacity.cold import DISK_WAIT, cold_tier
from search.capacity.constants import Constants
from search.capacity.demand import Demand
from search.capacity.prices import Prices
from search.capacity.published import SYSTEMS
from search.capacity.tier import Tier
from search.capacity.tiers import catalog_encoding, hot_tier, query_encoding, truth_tier

TOLERANCE = 0.005
GROWTHS = (0.0, 0.5)
FAR_BEYOND = 20  # times more rows than were measured
LEFT_OUT = (
    "the slowest of many shards decides how long a query takes: python bench/tail.py simulates it",
    "network between router and shards, load balancers, web servers, and filling the cards from PostgreSQL",
    "the first search with a filter that no process has seen reads the filter columns of every row of a shard",
    "filters that match fewer or more rows than the calibration's, or rows that lie far from the query",
    "each shard rescores as if it were alone: with many of them fewer rows would do",
    "a photo without a tapped object is searched by several crops: count each as a query",
    "the hot tier's joins with products and images, and its recall at a size that was not measured",
    "cores of another machine are taken to be as fast as this one's, and as fast when all of them are busy",
    "vectors are made up for the calibration (clustered, heavy-tailed); yours may need more or fewer lists",
    "discounts for quantity, staff, and data transfer",
)


@dataclass(frozen=True, slots=True)
class Report:
    demand: Demand
    prices: Prices
    constants: Constants
    tiers: tuple[Tier, ...]
    bounds: tuple[Tier, Tier]  # the cold tier if searches did not grow with the rows at all, and as fast as the lists
    warnings: tuple[str, ...]

    @property
    def yearly(self) -> float:
        return sum(tier.yearly(self.prices) for tier in self.tiers)

    @property
    def cold(self) -> Tier:
        return self.tiers[0]


def plan(demand: Demand, constants: Constants, prices: Prices) -> Report:
    """What this demand needs. Raises MissingConstant where the calibration lacks something."""
    tiers = (
        cold_tier(demand, constants, prices),
        hot_tier(demand, constants),
        truth_tier(demand, constants),
        query_encoding(demand, constants, prices),
        catalog_encoding(demand, constants, prices),
    )
    bounds = tuple(cold_tier(demand, constants.with_growth(growth), prices) for growth in GROWTHS)
    return Report(demand, prices, constants, tiers, bounds, tuple(warnings(demand, constants, tiers)))


def warnings(demand: Demand, constants: Constants, tiers: tuple[Tier, ...]) -> Iterator[str]:
    """Where the plan goes further than what was measured, or than what the software does today."""
    cold, hot = tiers[0], tiers[1]
    shard_rows, measured = cold.figure("rows") / cold.figure("shards"), constants["calibration_rows"]
    if shard_rows > FAR_BEYOND * measured:
        yield f"Shards of {shard_rows:,.0f} rows are {shard_rows / measured:,.0f} times larger than the one measured."
    wait_ms = cold.figure(DISK_WAIT)
    if wait_ms > demand.retrieve_ms:
        yield f"A query waits {wait_ms:.0f} ms for the disk; the budget of retrieval is {demand.retrieve_ms:g} ms."
    yield from hot_warnings(demand, constants, hot, cold)
    reached = constants.tuning(int(measured), demand.recall).reached
    if reached < demand.recall - TOLERANCE:
        yield f"Asked for a recall of {demand.recall}, the calibration's shard reached {reached:.3f}."


def hot_warnings(demand: Demand, constants: Constants, hot: Tier, cold: Tier) -> Iterator[str]:
    if "hot_ms" not in constants:
        yield "The hot tier was not measured: its memory, cores and cost are missing from the sums."
        return
    rows, measured = hot.lines[0].value, constants["hot_rows"]
    if not rows:
        return
    if rows > FAR_BEYOND * measured:
        yield f"A hot tier of {rows:,.0f} rows is {rows / measured:,.0f} times the size that was measured."
    hot_ms, cold_ms = hot.figure("one query"), cold.figure("one search of one shard")
    if hot_ms > cold_ms:
        yield f"The hot tier takes {hot_ms:.2g} core ms a query, a shard {cold_ms:.2g}: pin less, merge more often."
    if hot.ram_gib / demand.replicas > demand.machine.ram_gib * demand.machine.usable_ram:
        yield "The hot tier does not fit the memory of one machine, and it is not split over several."


def lines(report: Report) -> Iterator[str]:
    """The report for people, as Markdown."""
    demand, prices = report.demand, report.prices
    yield f"# {demand.images:,} images of {demand.dim} numbers, {demand.queries_per_s:,g} queries a second"
    shares = f"{demand.filtered_share:.0%} of the queries filtered, {demand.photo_share:.0%} with a photo"
    yield f"Recall {demand.recall}, {shares}."
    for tier in report.tiers:
        yield f"\n## {tier.name}\n"
        yield "| | | unit | how | constants |\n|---|--:|---|---|---|"
        for line in tier.lines:
            marks = ", ".join(f"{name} [{report.constants.of(name).origin}]" for name in line.uses)
            yield f"| {line.what} | {number(line.value)} | {line.unit} | {line.how} | {marks} |"
    yield "\n## A year\n"
    yield f"| tier | RAM GiB | SSD GiB | objects GiB | vCPU | accelerators | {prices.currency} a year |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    for tier in report.tiers:
        needs = (tier.ram_gib, tier.ssd_gib, tier.object_gib, tier.vcpus, tier.accelerators, tier.yearly(prices))
        yield f"| {tier.name} | {' | '.join(number(need) for need in needs)} |"
    yield f"| all | | | | | | {number(report.yearly)} |"
    least, most = (
        f"{number(tier.vcpus)} vCPU, {number(tier.yearly(prices))} {prices.currency}" for tier in report.bounds
    )
    yield f"\nThe cold tier, if searches did not grow with the rows of a shard: {least}; if as their root: {most}."
    yield f"Prices are assumptions, to be replaced (--prices): {price_list(prices)}."
    yield from comparison(report)
    yield "\n## Constants\n\n| constant | value | unit | origin | source |\n|---|--:|---|---|---|"
    for name, constant in sorted(report.constants.by_name.items()):
        yield f"| {name} | {number(constant.value)} | {constant.unit} | {constant.origin} | {constant.source} |"
    if report.warnings:
        yield "\n## Beyond what was measured\n"
        yield from (f"- {warning}" for warning in report.warnings)
    yield "\n## Left out\n"
    yield from (f"- {left}" for left in LEFT_OUT)


def comparison(report: Report) -> Iterator[str]:
    yield "\n## Next to what others published\n"
    yield "Other hardware, dimensions and metrics: for orders of magnitude, not for ratios.\n"
    yield "| system | data | published | queries/s a vCPU | RAM bytes a vector | source |\n|---|---|---|--:|--:|---|"
    cold, demand = report.cold, report.demand
    per_vcpu = demand.queries_per_s / cold.vcpus if cold.vcpus else 0
    per_vector = cold.ram_gib * 2**30 / cold.figure("rows") / cold.figure("replicas")
    money = (
        f"{number(report.yearly / demand.images * 1e6)} {report.prices.currency} a million images and year, all tiers"
    )
    mine = f"| **this plan**, cold tier | {demand.images:,} x {demand.dim} d | {money} |"
    yield f"{mine} {number(per_vcpu)} | {number(per_vector)} a replica | computed above |"
    for row in SYSTEMS:
        rates = (number(rate) if rate else "" for rate in (row.queries_per_vcpu, row.ram_bytes_per_vector))
        yield f"| {row.system} | {row.data} | {row.figure} | {' | '.join(rates)} | {row.source} |"


def price_list(prices: Prices) -> str:
    money = asdict(prices)
    currency = money.pop("currency")
    return ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in money.items()) + f" {currency}"


def number(value: float) -> str:
    """Three digits that count, more only for whole numbers."""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def as_dict(report: Report) -> dict:
    """The report for machines: everything above, unrounded."""
    return {
        "demand": asdict(report.demand),
        "prices": asdict(report.prices),
        "tiers": [asdict(tier) | {"yearly": tier.yearly(report.prices)} for tier in report.tiers],
        "yearly": report.yearly,
        "cold_bounds": [asdict(tier) | {"yearly": tier.yearly(report.prices)} for tier in report.bounds],
        "constants": {name: asdict(constant) for name, constant in report.constants.by_name.items()},
        "tunings": [asdict(tuning) for tuning in report.constants.tunings],
        "published": [asdict(system) for system in SYSTEMS],
        "warnings": list(report.warnings),
        "left_out": list(LEFT_OUT),
    }
