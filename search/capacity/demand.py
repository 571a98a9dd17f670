"""What is asked for, and what a machine looks like. Every default is an assumption that an option replaces."""

from dataclasses import dataclass
from typing import Literal

Placement = Literal["auto", "ram", "ssd"]


class BadDemand(ValueError):
    """These numbers ask for nothing that could be built. Shares lie between 0 and 1, everything else is above zero."""


@dataclass(frozen=True, slots=True)
class Machine:
    """One rented machine. Memory and cores are billed as needed; machines say how far the parts must be spread."""

    vcpus: int = 32
    ram_gib: float = 256.0
    ssd_gib: float = 3750.0
    usable_ram: float = 0.85  # the rest is the system's, the process's own, and room to breathe


@dataclass(frozen=True, slots=True)
class Demand:
    """images: catalog pictures, one vector each. queries_per_s: at the busiest."""

    images: int
    queries_per_s: float
    dim: int = 512
    recall: float = 0.95
    hot_share: float = 0.02
    filtered_share: float = 0.3
    photo_share: float = 0.5  # of the queries bring a photo, the others words
    replicas: int = 2
    utilisation: float = 0.6  # of the cores at the busiest
    reembed_days: float = 7.0  # a new model's vectors for the whole catalog
    reembeds_per_year: float = 2.0
    new_per_day: float = 0.01  # share of the catalog that is new or has a new picture
    max_shard_rows: int = 20_000_000
    shard_ms: float = 20.0  # one search of one shard, on one core
    retrieve_ms: float = 40.0  # a query may wait so long for rows on a disk
    vectors: Placement = "auto"
    generations_in_ram: int = 2  # the live one, and the one before it for rolling back
    generations_on_disk: int = 3  # and the one that is being built
    picture_kib: float = 100.0
    facts_kib: float = 2.0  # rows of product, offer and image
    machine: Machine = Machine()

    def __post_init__(self):
        shares = (self.recall, self.hot_share, self.filtered_share, self.photo_share, self.utilisation)
        if not all(0 <= share <= 1 for share in shares) or not self.recall or not self.utilisation:
            raise BadDemand("Recall, utilisation and shares are numbers between 0 and 1.")
        above_zero = (self.images, self.dim, self.replicas, self.reembed_days, self.max_shard_rows, self.shard_ms)
        if not all(number > 0 for number in above_zero) or self.queries_per_s < 0:
            raise BadDemand("Images, dimensions, replicas, days and shard limits are above zero.")
