"""The same studies without a database, thousands of them: how often each way to ask and to stop is wrong."""

from dataclasses import dataclass

import numpy as np

from judging.world import RATERS, World
from labeling.measure.outcomes import codes
from ml.evaluate.agreement import agreement
from ml.evaluate.exact import sign_test
from ml.evaluate.looks import Evidence, evidence_to_settle

LEFT, TIE, BOTH_BAD, RIGHT = range(4)


@dataclass(frozen=True, slots=True)
class Way:
    """Verdicts that a way to ask took, and what it found: 1 b is better, -1 a is, 0 neither could be said."""

    verdicts: int
    found: int


def draw(world: World, k: int, dice: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Truth int (q,), and what k different raters chose for each query: int (q, k), 0 a, 1 tie, 2 both bad, 3 b."""
    truth = world.truth(dice)
    who = dice.random((world.queries, len(RATERS))).argsort(axis=1)[:, :k]
    accuracy = np.array([rater.accuracy for rater in RATERS])[who]
    other = (truth[:, None] + 1 + dice.integers(1, 3, who.shape)) % 3 - 1
    thought = np.where(dice.random(who.shape) < accuracy, truth[:, None], other)
    chosen = np.where(thought == 0, np.where(dice.random(who.shape) < 0.8, 1, 2), np.where(thought > 0, 3, 0))
    leaning = dice.random(who.shape) < np.array([rater.leans for rater in RATERS])[who]
    return truth, np.where(leaning, np.where(dice.random(who.shape) < 0.5, 3, 0), chosen)


def ways(world: World, k: int, dice: np.random.Generator, alpha: float = 0.05) -> dict[str, Way]:
    """all: random order as it is, k verdicts for every query, and one exact test. random: the same, one query after the
    other, stopped where the test for many looks allows. active: as labeling.order asks. What happens at once, and stops
    for "equal" and "open", are left out.
    """
    _, chosen = draw(world, k, dice)
    way = np.array([0, 1, 1, 2])[chosen]
    settles, code = settle(way, k)
    won, lost = int((code > 0).sum()), int((code < 0).sum())
    whole = world.queries * k
    at_once = Way(whole, int(np.sign(won - lost)) if sign_test(won, lost) <= alpha else 0)

    place, found = first_settled(code, world.queries, alpha)
    asked = int(settles[: place + 1].sum())
    return {"all": at_once, "random": Way((place + 1) * k, found), "active": Way(asked, found)}


def settle(way: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """After how many of its verdicts each query is settled, int (q,), and what it came to: 1, 0, -1."""
    given = np.eye(3, dtype=int)[way].cumsum(axis=1)
    steps = np.stack([codes(given[:, place], k) for place in range(k)], axis=1)
    after = (steps != -2).argmax(axis=1)
    code = np.take_along_axis(steps, after[:, None], axis=1)[:, 0]
    return after + 1, np.where(code == -3, 0, code)


def first_settled(code: np.ndarray, queries: int, alpha: float) -> tuple[int, int]:
    """The place in code int (q,) at which the pair is settled, and for whom; the last place and 0 where it is not."""
    won, lost = np.cumsum(code > 0), np.cumsum(code < 0)
    may_come = won + lost + queries - np.arange(1, len(code) + 1)
    needed = np.array([evidence_to_settle(queries, outcomes, alpha) for outcomes in may_come.tolist()])
    reached = Evidence(0.5, queries)(won, lost) >= needed
    if not reached.any():
        return len(code) - 1, 0
    place = int(reached.argmax())
    return place, int(np.sign(won[place] - lost[place]))


def true_alpha(world: World, k: int) -> float:
    """Of these raters on endless queries."""
    _, chosen = draw(World(300_000, world.b_wins, world.ties), k, np.random.default_rng(0))
    return agreement(np.eye(4, dtype=int)[chosen].sum(axis=1), np.arange(4.0), "nominal").alpha
