"""Sightline's retrieve stage, whole: router, tiers, plan, filter columns, tombstones, exact rescoring, what is missing.

A generation is made by the functions that `manage.py index build` calls, out of the bench's array instead of rows of
PostgreSQL, and is served by the router that requests call. The hot tier is known to be empty, as after a build; so no
database is asked, and what a search costs beyond that is in the figures.
"""

import math
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.settings.test"

import django

django.setup()

from ann.data import DIM, Data  # noqa: E402
from ann.filters import Narrow  # noqa: E402
from ann.peers.base import Peer  # noqa: E402
from search.build.columns import ColumnArrays, write_columns_from  # noqa: E402
from search.build.manifest import checksums, write_manifest  # noqa: E402
from search.build.shard import build_shard  # noqa: E402
from search.build.split import Split  # noqa: E402
from search.retrieve.columns import wanted  # noqa: E402
from search.retrieve.generation import Generation  # noqa: E402
from search.retrieve.manifest import Manifest  # noqa: E402
from search.retrieve.packs import MAKER  # noqa: E402
from search.retrieve.part import COLUMNS, IMAGE_IDS, PRODUCT_IDS  # noqa: E402
from search.retrieve.router import Router  # noqa: E402
from search.serving import Serving  # noqa: E402
from search.types import Filters, QueryVector  # noqa: E402

BUNDLE = "bench"
DEADLINE_MS = 1000
NOTHING = Filters()


class Sightline(Peer):
    """Row numbers are image ids less one, so that no id is 0."""

    settings = tuple({"recall": recall} for recall in (0.90, 0.93, 0.95, 0.96, 0.97, 0.98, 0.99))
    filter_settings = ({"recall": 0.95},)
    note = "asked for a recall; the settings follow from the tuning table of the build"

    def __init__(self, data: Data, folder: Path):
        super().__init__(data, folder)
        self.generation_folder = folder / "generation"
        self.categories: dict[str, tuple[int, ...]] = {}
        self.used = 0

    def build(self) -> dict:
        split = Split("hash", 1)
        shard = self.generation_folder / "shard-0000"
        entry, order = build_shard(shard, self.half_rows(), queries=self.data.practice)
        (order + 1).astype(np.int64).tofile(shard / IMAGE_IDS)
        (order + 1).astype(np.int64).tofile(shard / PRODUCT_IDS)
        write_columns_from(shard / COLUMNS, order + 1, self.facts(order))
        entry = {"name": shard.name, "routing": split.routing(0), **entry, "files": checksums(shard)}
        write_manifest(self.generation_folder, self.manifest(entry))
        (self.folder / "rows.f16").unlink()
        return {key: entry.get(key) for key in ("kind", "nlist", "imbalance")}

    def half_rows(self) -> np.ndarray:
        """The rows as a snapshot of the database leaves them: float16, in a file."""
        path = self.folder / "rows.f16"
        with path.open("wb") as file:
            for _, rows in self.data.parts():
                rows.astype(np.float16).tofile(file)
        return np.memmap(path, np.float16, mode="r", shape=(self.data.rows, DIM))

    def facts(self, order: np.ndarray) -> ColumnArrays:
        return ColumnArrays(
            category=self.data.cells[order].astype(np.int64) + 1,
            price=self.data.price[order],
            in_stock=np.ones(self.data.rows, bool),
            seller=np.ones(self.data.rows, np.int64),
        )

    def manifest(self, entry: dict) -> Manifest:
        now = datetime.now(UTC)
        return Manifest(
            id=f"{now:%Y%m%d-%H%M%S}-00b34c", bundle_id=BUNDLE, dim=DIM, rows=self.data.rows, watermark="1:1:",
            cluster="bench", created_at=now.isoformat(timespec="seconds"), shards=(entry,),
        )  # fmt: skip

    def open(self) -> None:
        generation = Generation.open(self.generation_folder, bundle_id=BUNDLE, dim=DIM)
        generation.touch()
        wanted.category_ids = self.categories.__getitem__  # the bench's tree of categories in place of the catalog's
        serving = Serving(bundle_id=BUNDLE, cold={BUNDLE: generation}, hot={BUNDLE: 0}, seen_at_s=math.inf)
        self.router = Router(serving, deadline_ms=DEADLINE_MS)

    def search(self, query: np.ndarray, k: int, setting: dict, filters: Filters = NOTHING) -> np.ndarray:
        return self.candidates(query, k, setting, filters).image_ids - 1

    def candidates(self, query: np.ndarray, k: int, setting: dict, filters: Filters, **options):
        """What the pipeline gets: ids, float32 rows and scores, nothing missing."""
        found = self.router.candidates(QueryVector(BUNDLE, query), filters, k, recall=setting["recall"], **options)
        if found.partial:
            raise RuntimeError(f"partial: {found.notes}")
        return found

    def narrowed(self, query: np.ndarray, k: int, setting: dict, narrow: Narrow) -> np.ndarray:
        return self.search(query, k, setting, self.filters(narrow))

    def filters(self, narrow: Narrow) -> Filters:
        """A filter that was not used before is one that no mask is kept for: a hair's breadth more, or one category
        more that nothing is in."""
        if narrow.price_max is not None:
            return Filters(price_max=Decimal(narrow.price_max) + Decimal(self.used) / 10**9)
        name = f"{self.used} {hash(narrow.cells)}"
        self.categories[name] = (*(cell + 1 for cell in narrow.cells), 10**6 + self.used)
        return Filters(category=name)

    def forget_filters(self) -> None:
        self.used += 1

    def settle(self) -> None:
        MAKER.submit(int).result()

    def explain(self, query: np.ndarray, k: int, setting: dict, narrow: Narrow) -> dict | None:
        return self.candidates(query, k, setting, self.filters(narrow), explain=True).explain

    def memory(self) -> dict[str, int]:
        """The rows that rescore are no memory of the process: they are mapped, and lie in the page cache."""
        files = [path for path in self.generation_folder.rglob("*") if path.is_file()]
        return {"vectors": 0, "index": sum(path.stat().st_size for path in files if path.name != "vectors.f16")}
