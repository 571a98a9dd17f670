"""Memory, disk, cores and accelerators of each tier."""

from dataclasses import dataclass, replace
from math import ceil

from search.capacity.constants import Constants
from search.capacity.demand import Demand
from search.capacity.prices import Prices
from search.capacity.shards import INDEX_BYTES, index_bytes_per_row, ram_bytes_per_row, search_cost, shard_count

GIB = 2**30
DAY_S = 86_400
BUSY_AFTER_A_LOSS = 0.9  # with one replica gone, the others may be this busy


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of the report. `uses`: names of the constants behind it."""

    what: str
    value: float
    unit: str
    how: str
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tier:
    """What a tier needs, all replicas together."""

    name: str
    lines: tuple[Line, ...]
    ram_gib: float = 0.0
    ssd_gib: float = 0.0
    object_gib: float = 0.0
    vcpus: float = 0.0
    accelerators: float = 0.0

    def yearly(self, prices: Prices) -> float:
        return prices.yearly(
            ram_gib=self.ram_gib,
            ssd_gib=self.ssd_gib,
            object_gib=self.object_gib,
            vcpus=self.vcpus,
            accelerators=self.accelerators,
        )


def cores_for(core_s_per_s: float, demand: Demand, replicas: int) -> int:
    """Cores that do this much work a second within the utilisation, and still can with one replica gone."""
    after_a_loss = replicas / (replicas - 1) / BUSY_AFTER_A_LOSS if replicas > 1 else 0
    return ceil(core_s_per_s * max(1 / demand.utilisation, after_a_loss))


def cold_tier(demand: Demand, constants: Constants, prices: Prices) -> Tier:
    """With the float16 rows where they cost less, or where the demand wants them."""
    if demand.vectors != "auto":
        return cold_tier_on(demand, constants, demand.vectors == "ssd")
    both = [cold_tier_on(demand, constants, on_ssd) for on_ssd in (False, True)]
    return min(both, key=lambda tier: tier.yearly(prices))


def cold_tier_on(demand: Demand, constants: Constants, on_ssd: bool) -> Tier:
    machine, rows = demand.machine, max(1, round(demand.images * (1 - demand.hot_share)))
    shards = shard_count(rows, demand, constants, on_ssd)
    cost = search_cost(rows / shards, demand, constants, on_ssd)
    work = demand.queries_per_s * shards * cost.core_us / 1e6
    replicas = demand.replicas
    while (cores := cores_for(work, demand, replicas)) > replicas * shards * machine.vcpus:
        replicas += 1
    per_row = ram_bytes_per_row(demand, constants, on_ssd)
    ram_gib = replicas * rows * per_row / GIB
    disk_row = index_bytes_per_row(constants) + constants["row_bytes"]
    disk_gib = replicas * rows * disk_row * demand.generations_on_disk / GIB
    reads_per_s = demand.queries_per_s * shards * cost.rerank if on_ssd else 0
    disks = ceil(reads_per_s / constants["random_reads_per_s"])
    ssd_gib = max(disk_gib, disks * machine.ssd_gib)
    machines = max(
        replicas,
        ceil(ram_gib / (machine.ram_gib * machine.usable_ram)),
        ceil(cores / machine.vcpus),
        ceil(ssd_gib / machine.ssd_gib),
    )
    place = "on SSD" if on_ssd else "in RAM"
    search = ("coarse_us", "list_us", "scan_ns_per_code", "rescore_us_per_row", "overhead_us", "filter_extra_us")
    lines = [
        Line("rows", rows, "images", "images without the hot share"),
        Line("shards", shards, "", f"of {rows / shards:,.0f} rows; what fits, is in time, and may be"),
        Line("replicas", replicas, "", "as asked, or more where a shard's machine has too few cores"),
        Line("lists probed in a shard", cost.nprobe, f"of {cost.lists}", "at this recall", ("nprobe_growth",)),
        Line("codes scanned in a shard", cost.codes, "codes", "lists probed x rows a list", ("list_imbalance",)),
        Line(
            "rows rescored in a shard", cost.rerank, "rows", f"float16 rows {place}, at this recall", ("rerank_growth",)
        ),
        Line(
            "one search of one shard",
            cost.core_us / 1000,
            "core ms",
            "coarse + scan + rescore + overhead + filters",
            search,
        ),
        Line("RAM", ram_gib, "GiB", f"{per_row:.0f} bytes a row and replica", (*INDEX_BYTES, "row_bytes")),
        Line("cores", cores, "vCPU", f"{work:,.0f} busy; queries/s x shards x one search; a replica may fail"),
        Line(
            "SSD",
            ssd_gib,
            "GiB",
            f"{disk_row:.0f} bytes a row, {demand.generations_on_disk} generations",
            ("row_bytes",),
        ),
        Line("machines", machines, "", f"of {machine.vcpus} vCPU and {machine.ram_gib:.0f} GiB, whatever binds first"),
        Line(
            "one rebuild of a generation",
            rows / constants["build_rows_per_s"] / 3600,
            "core hours",
            "rows / rows built a second on one core",
            ("build_rows_per_s",),
        ),
    ]
    if on_ssd:
        wait = Line(
            "waiting for the disk", cost.waiting_us / 1000, "ms a query", "reads one by one", ("random_read_us",)
        )
        reads = Line("random reads", reads_per_s, "per s", f"{disks} disks' worth", ("random_reads_per_s",))
        lines += [wait, reads]
    name = f"cold: IVF codes in RAM, float16 rows {place}"
    return Tier(name, tuple(lines), ram_gib=ram_gib, ssd_gib=ssd_gib, vcpus=cores, object_gib=rows * disk_row / GIB)


def hot_tier(demand: Demand, constants: Constants) -> Tier:
    """pgvector: every query asks it, beside the cold tier."""
    rows = round(demand.images * demand.hot_share)
    if "hot_ms" not in constants:
        asked = Line("rows", rows, "images", "images x hot share; no database was at hand to measure more")
        return Tier("hot: pgvector HNSW, not measured", (asked,))
    ms = constants["hot_ms"] * max(1.0, rows / constants["hot_rows"]) ** constants["hot_growth"]
    cores = cores_for(demand.queries_per_s * ms / 1000 if rows else 0, demand, demand.replicas)
    gib = demand.replicas * rows * constants["hot_bytes_per_row"] / GIB
    uses = ("hot_ms", "hot_growth")
    lines = (
        Line("rows", rows, "images", "images x hot share"),
        Line("one query", ms, "core ms", f"{constants['hot_rows']:,.0f} rows were measured, grown to {rows:,}", uses),
        Line("RAM", gib, "GiB", "graph and rows, all replicas", ("hot_bytes_per_row",)),
        Line("cores", cores, "vCPU", "queries/s x one query; a replica may fail", uses),
    )
    return Tier("hot: pgvector HNSW", lines, ram_gib=gib, ssd_gib=gib, vcpus=cores)


def truth_tier(demand: Demand, constants: Constants) -> Tier:
    """PostgreSQL keeps every vector and every fact, so that any generation can be built again."""
    vectors = demand.images * constants["truth_bytes_per_row"] / GIB * demand.replicas
    facts = demand.images * demand.facts_kib * 1024 / GIB * demand.replicas
    pictures = demand.images * demand.picture_kib * 1024 / GIB
    lines = (
        Line("vectors", vectors, "GiB SSD", "half precision, all replicas", ("truth_bytes_per_row",)),
        Line("facts", facts, "GiB SSD", f"{demand.facts_kib:g} KiB an image, assumed"),
        Line("pictures", pictures, "GiB objects", f"{demand.picture_kib:g} KiB an image, assumed"),
    )
    return Tier("truth: PostgreSQL and pictures", lines, ssd_gib=vectors + facts, object_gib=pictures)


def query_encoding(demand: Demand, constants: Constants, prices: Prices) -> Tier:
    """Detector and encoders on the critical path, on cores or accelerators, whichever costs less."""
    photos, texts = demand.queries_per_s * demand.photo_share, demand.queries_per_s * (1 - demand.photo_share)
    photo_s = (constants["detect_ms"] + constants["encode_image_ms"]) / 1000
    text_s = constants["encode_text_ms"] / 1000
    cores = cores_for(photos * photo_s + texts * text_s, demand, demand.replicas)
    boards_busy = photos / constants["accelerator_detections_per_s"]
    boards_busy += (photos + texts) / constants["accelerator_images_per_s"]
    boards = cores_for(boards_busy, demand, demand.replicas)
    on_cores = ("detect_ms", "encode_image_ms", "encode_text_ms")
    on_boards = ("accelerator_images_per_s", "accelerator_detections_per_s")
    how = f"{photos:,.0f} photos/s x {photo_s * 1000:.0f} ms + {texts:,.0f} texts/s x {text_s * 1000:.0f} ms"
    lines = (
        Line("either cores", cores, "vCPU", how, on_cores),
        Line("or accelerators", boards, "", "the same queries at published rates", on_boards),
    )
    return cheaper(Tier("encoding of queries", lines), cores, boards, prices)


def catalog_encoding(demand: Demand, constants: Constants, prices: Prices) -> Tier:
    """New pictures all year round, and the whole catalog again for each new model. Rented for the hours it takes."""
    image_s, per_s = constants["encode_image_ms"] / 1000, constants["accelerator_images_per_s"]
    again_per_s = demand.images / (demand.reembed_days * DAY_S)
    share_of_year = min(1.0, demand.reembeds_per_year * demand.reembed_days / 365)
    new_per_s = demand.images * demand.new_per_day / DAY_S
    cores, boards = ceil(again_per_s * image_s), ceil(again_per_s / per_s)
    lines = (
        Line("new pictures", new_per_s, "images/s", f"{demand.new_per_day:.1%} of the catalog a day, assumed"),
        Line("re-embedding", again_per_s, "images/s", f"the whole catalog within {demand.reembed_days:g} days"),
        Line("either cores", cores, "vCPU", "while re-embedding", ("encode_image_ms",)),
        Line("or accelerators", boards, "", "while re-embedding", ("accelerator_images_per_s",)),
    )
    steady_cores, steady_boards = new_per_s * image_s / demand.utilisation, new_per_s / per_s / demand.utilisation
    mean_cores, mean_boards = steady_cores + cores * share_of_year, steady_boards + boards * share_of_year
    tier = cheaper(Tier("encoding of the catalog", lines), mean_cores, mean_boards, prices)
    rented = Line("rented, mean over the year", tier.vcpus or tier.accelerators, "vCPU" if tier.vcpus else "boards", "")
    return replace(tier, lines=(*lines, rented))


def cheaper(tier: Tier, vcpus: float, accelerators: float, prices: Prices) -> Tier:
    on_cores, on_boards = replace(tier, vcpus=vcpus), replace(tier, accelerators=accelerators)
    on_cores, on_boards = (
        replace(t, name=f"{t.name}, on {w}") for t, w in ((on_cores, "cores"), (on_boards, "accelerators"))
    )
    return min(on_cores, on_boards, key=lambda option: option.yearly(prices))
