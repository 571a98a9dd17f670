"""The tiers beside the cold one: pgvector, PostgreSQL with the pictures, and the encoders."""

from dataclasses import replace
from math import ceil

from search.capacity.constants import Constants
from search.capacity.demand import Demand
from search.capacity.prices import Prices
from search.capacity.tier import GIB, Line, Tier, cheaper, cores_for

DAY_S = 86_400


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
        Line("one query", ms, "core ms", f"{constants['hot_rows']:,.0f} rows were measured; grows with more", uses),
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
