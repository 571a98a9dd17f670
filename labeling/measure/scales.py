"""Which answers each kind of task has, and how far apart they are."""

from dataclasses import dataclass

import numpy as np

from labeling.models import Project, Verdict
from ml.evaluate.agreement import Scale

Kind, Value = Project.Kind, Verdict.Value


@dataclass(frozen=True, slots=True)
class Answers:
    """choices: as Verdict.choice holds them, rising. close: how far apart two may be and still say the same.

    Choices that are not among them (skip, cannot tell) are no answers.
    """

    choices: tuple[str, ...]
    scale: Scale
    close: int = 0

    @property
    def values(self) -> np.ndarray:
        return np.arange(len(self.choices), dtype=np.float64)


ANSWERS = {
    Kind.SIDE_BY_SIDE: Answers(("a", "tie", "both_bad", "b"), "nominal"),
    Kind.GRADE: Answers(tuple("012345"), "interval", close=1),
    Kind.SAME_PRODUCT: Answers((Value.DIFFERENT, Value.VARIANT, Value.SAME_SKU), "ordinal"),
}
WORDS = {
    "nominal": "either the same or not",
    "ordinal": "in order: further apart counts more",
    "interval": "numbers: twice as far apart counts four times",
}
