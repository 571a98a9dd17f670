"""The numbers that a plan is computed from. Each one says where it comes from."""

from dataclasses import dataclass, replace
from typing import Literal

Origin = Literal["measured", "published", "formula", "assumed"]


class MissingConstant(LookupError):
    """A constant of the plan has not been measured. Run manage.py capacity --measure."""


@dataclass(frozen=True, slots=True)
class Constant:
    value: float
    unit: str
    origin: Origin
    source: str  # measured: how; published: by whom, where; formula: which; assumed: why


@dataclass(frozen=True, slots=True)
class Tuning:
    """What a calibration shard of this many rows does when it is asked for a recall, and the recall it `reached`."""

    rows: int
    recall: float
    reached: float
    nprobe: int
    rerank: int


@dataclass(frozen=True, slots=True)
class Constants:
    """`constants["scan_ns_per_code"]` is the bare number; `of(...)` has unit and origin."""

    by_name: dict[str, Constant]
    tunings: tuple[Tuning, ...] = ()

    def __getitem__(self, name: str) -> float:
        return self.of(name).value

    def __contains__(self, name: str) -> bool:
        return name in self.by_name

    def of(self, name: str) -> Constant:
        if name not in self.by_name:
            raise MissingConstant(f"{name} has not been measured. Run manage.py capacity --measure.")
        return self.by_name[name]

    def with_growth(self, exponent: float) -> "Constants":
        """The same, but with lists to probe and rows to rescore that grow so with the rows of a shard."""
        assumed = Constant(exponent, "exponent", "assumed", "a bound")
        return replace(self, by_name=self.by_name | {"nprobe_growth": assumed, "rerank_growth": assumed})

    def tuning(self, rows: int, recall: float) -> Tuning:
        """The setting for the smallest recall that is enough, else for the highest that was tried."""
        measured = sorted((row for row in self.tunings if row.rows == rows), key=lambda row: row.recall)
        if not measured:
            raise MissingConstant(f"No setting was measured on {rows} rows. Run manage.py capacity --measure.")
        return next((row for row in measured if row.recall >= recall), measured[-1])


# Accelerators are not measured: the runtime that ships runs on processors.
PUBLISHED = {
    "accelerator_images_per_s": Constant(
        1400,
        "images/s",
        "published",
        "ViT-B/32 on one RTX 3080, pictures and texts together: github.com/rom1504/clip-retrieval README;"
        " another model than the bundle's",
    ),
    "accelerator_detections_per_s": Constant(
        1010,
        "photos/s",
        "published",
        "YOLOv8n at 640 px, 0.99 ms on one A100 with TensorRT: docs.ultralytics.com/models/yolov8;"
        " the bundle's detector is of that size, at 416 px",
    ),
}
