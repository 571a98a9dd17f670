"""May system b take the place of system a? The rule is the project's own; the answer comes with its reason."""

from dataclasses import dataclass

from labeling.models import Project
from ml.evaluate.exact import Interval
from ml.evaluate.preference import Preference


@dataclass(frozen=True, slots=True)
class Shipping:
    """answer: better or not_worse (it may ship), worse, or unknown. p and interval: what the rule went by.

    looks: whether these hold however often one looks; else they hold once, when all verdicts are in.
    """

    answer: str
    why: str
    p: float
    interval: Interval
    looks: bool

    @property
    def may(self) -> bool:
        return self.answer in ("better", "not_worse")


def ship(project: Project, figures: Preference, looks: bool) -> Shipping:
    """looks: not every task is settled, or somebody stopped because of what was seen; else the exact test holds."""
    p = figures.looks_p if looks else figures.p
    interval = figures.looks_interval if looks else figures.interval
    answer, why = judged(project, figures, p, interval)
    return Shipping(answer, why, p, interval, looks)


def judged(project: Project, figures: Preference, p: float, interval: Interval) -> tuple[str, str]:
    rate = figures.win_rate
    if rate is None:
        return "unknown", "No task is settled yet."
    settled, least = (project.settled or {}).get("answer"), 0.5 - project.ship_margin
    if settled == "better" and rate > project.ship_win_rate:
        return "better", f"It wins {rate:.1%}, and p fell below {project.ship_p:g} when that was settled."
    if settled == "worse":
        return "worse", f"It wins {rate:.1%}, and p fell below {project.ship_p:g} when that was settled."
    if rate > project.ship_win_rate and p < project.ship_p:
        return "better", f"It wins {rate:.1%}, more than {project.ship_win_rate:.0%}, with p {tell(p)}."
    if interval.low > least:
        return (
            "not_worse",
            f"Its win rate is at least {interval.low:.1%}: not worse by more than {project.ship_margin:.0%}.",
        )
    if interval.high < 0.5:
        return "worse", f"It wins {rate:.1%}, and less than half even at best ({interval.high:.1%})."
    return "unknown", f"It wins {rate:.1%}, with p {tell(p)}; it could be {interval.low:.1%} to {interval.high:.1%}."


def tell(p: float) -> str:
    return "< 0.0001" if p < 0.0001 else f"= {p:.2g}"
