"""Two systems and some raters of whom everything is known."""

from dataclasses import dataclass

import numpy as np

A, NEITHER, B = -1, 0, 1
CHOICES = {A: "a", B: "b"}


@dataclass(frozen=True, slots=True)
class Rater:
    """accuracy: how often they say what is so; else another of a, b, neither. leans: how often they press left whatever
    they see. steady: how often they remember what they said. seconds: their median time.
    """

    name: str
    accuracy: float
    leans: float = 0.0
    steady: float = 0.9
    seconds: float = 7.0

    @property
    def bad(self) -> bool:
        return self.accuracy < 0.7


RATERS = (
    Rater("careful", 0.92, seconds=9.0),
    Rater("good", 0.87),
    Rater("quick", 0.85, seconds=4.5),
    Rater("usual", 0.84, seconds=6.5),
    Rater("tired", 0.80, seconds=8.0),
    Rater("new", 0.78, seconds=11.0),
    Rater("clicker", 1 / 3, steady=0.0, seconds=0.8),
    Rater("leaning left", 0.65, leans=0.35, steady=0.6),
)


@dataclass(frozen=True, slots=True)
class World:
    """b_wins: share of the queries with a difference that b wins; at 0.5 nobody is better. ties: share without."""

    queries: int
    b_wins: float
    ties: float = 0.15

    def truth(self, dice: np.random.Generator) -> np.ndarray:
        """int (queries,): A, NEITHER or B."""
        drawn = dice.random(self.queries)
        return np.where(drawn < self.ties, NEITHER, np.where(drawn < self.ties + (1 - self.ties) * self.b_wins, B, A))


def say(rater: Rater, truth: int, dice: np.random.Generator, accuracy: float | None = None) -> int:
    """What they think of one query; where they lean is not in it, since that hangs on the side."""
    if dice.random() < (rater.accuracy if accuracy is None else accuracy):
        return truth
    return int(dice.choice([other for other in (A, NEITHER, B) if other != truth]))


def press(rater: Rater, thought: int, swapped: bool, dice: np.random.Generator) -> str:
    """The value of the key. swapped: b is on the left."""
    if dice.random() < rater.leans:
        return "left"
    if thought == NEITHER:
        return "tie" if dice.random() < 0.8 else "both_bad"
    return "left" if (thought == B) == swapped else "right"
