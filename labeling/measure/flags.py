"""Which raters somebody should look at, and why, in words. A flag changes nothing by itself.

Each rule is an exact test whose level is shared among the raters of the project (Bonferroni), so that it flags anybody
of a project of honest raters with a chance of at most 5 %.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from labeling.measure.raters import RaterFigures
from ml.evaluate.exact import Share, at_most_p, sign_test

LEVEL = 0.05
LENIENCE = 0.10  # worse than the others by less than this is nobody's business
ALONE = 0.60  # what is asked of raters where there are fewer than three to compare
FEW = 5  # answers; fewer say nothing
FAST = 3.5  # modified z-score of an outlier (Iglewicz and Hoaglin 1993, ch. 3)
HALF = 0.5  # and at most half of the others' time
QUICKEST_S = 0.05  # nobody decides in less


@dataclass(frozen=True, slots=True)
class Flag:
    rule: str
    why: str


Rule = Callable[[Sequence[RaterFigures], RaterFigures, float], Flag | None]


def flags(everybody: Sequence[RaterFigures]) -> dict[int, tuple[Flag, ...]]:
    """By rater; those with nothing to say about are not in it."""
    level = LEVEL / max(1, len(everybody))
    found = {one.rater: tuple(filter(None, (rule(everybody, one, level) for rule in RULES))) for one in everybody}
    return {rater: said for rater, said in found.items() if said}


def gold_rule(everybody: Sequence[RaterFigures], one: RaterFigures, level: float) -> Flag | None:
    floor, usual = expected(each.gold for each in everybody)
    if one.gold.n < FEW or at_most_p(one.gold.yes, one.gold.n, floor) > level:
        return None
    return Flag("gold", f"Right on {one.gold.yes} of {one.gold.n} gold questions; {usual}.")


def repeats_rule(everybody: Sequence[RaterFigures], one: RaterFigures, level: float) -> Flag | None:
    floor, usual = expected(each.repeats for each in everybody)
    if one.repeats.n < FEW or at_most_p(one.repeats.yes, one.repeats.n, floor) > level:
        return None
    return Flag("repeats", f"Said the same again on {one.repeats.yes} of {one.repeats.n} repeated tasks; {usual}.")


def others_rule(everybody: Sequence[RaterFigures], one: RaterFigures, level: float) -> Flag | None:
    floor, usual = expected(each.others for each in everybody)
    known = len(everybody) >= 3  # of two who differ, nobody can say which one is wrong
    if not known or one.others.n < FEW or at_most_p(one.others.yes, one.others.n, floor) > level:
        return None
    return Flag("others", f"Says what most others say on {one.others.yes} of {one.others.n} tasks; {usual}.")


def side_rule(everybody: Sequence[RaterFigures], one: RaterFigures, level: float) -> Flag | None:
    right = one.left.n - one.left.yes
    if sign_test(one.left.yes, right) > level:
        return None
    side, times = ("left", one.left.yes) if one.left.yes > right else ("right", right)
    return Flag("side", f"Chose the {side} side {times} of {one.left.n} times, though sides are exchanged at random.")


def speed_rule(everybody: Sequence[RaterFigures], one: RaterFigures, level: float) -> Flag | None:
    times = [max(each.seconds, QUICKEST_S) for each in everybody if each.verdicts >= FEW]
    if len(times) < 3 or one.verdicts < FEW:
        return None
    logs = np.log(times)
    middle = float(np.median(logs))
    spread = max(float(np.median(np.abs(logs - middle))), 0.1)  # at least 10 %: three equal ones make nobody an outlier
    usual_s = float(np.exp(middle))
    own_s = max(one.seconds, QUICKEST_S)
    if 0.6745 * (middle - np.log(own_s)) / spread < FAST or own_s > HALF * usual_s:
        return None
    return Flag("speed", f"Takes {one.seconds:.1f} s for a verdict; half of the raters take {usual_s:.1f} s or more.")


RULES: tuple[Rule, ...] = (gold_rule, repeats_rule, others_rule, side_rule, speed_rule)


def expected(shares) -> tuple[float, str]:
    """The share that nobody should be below, and in words what is usual: the median of the raters."""
    known = [share.value for share in shares if isinstance(share, Share) and share.n >= FEW]
    if len(known) < 3:
        return ALONE, f"{ALONE:.0%} is the least that is asked"
    usual = float(np.median(known))
    return max(0.0, usual - LENIENCE), f"half of the raters reach {usual:.0%} or more"
