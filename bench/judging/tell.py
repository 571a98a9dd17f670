"""The studies are run, and what they found is printed beside what is so."""

from statistics import median

import numpy as np

from judging.paper import Way, true_alpha, ways
from judging.study import Run, Study
from judging.world import RATERS, World
from labeling.measure.report import Report, report

SAVED = 0.30  # promised: verdicts that the active order does not ask for
WAYS = {"all": "random", "random": "random, stopped", "active": "active"}


class Tables:
    def __init__(self, queries: int, k: int, b_wins: float):
        self.k, self.worlds = k, {b_wins: World(queries, b_wins), 0.5: World(queries, 0.5)}
        self.world = self.worlds[b_wins]

    def paper(self, studies: int) -> None:
        print(f"Without a database, {studies} studies of {self.world.queries} queries, k = {self.k}:")
        for b_wins in (0.5, 0.58, 0.62, 0.66, 0.70, 0.75):
            dice = np.random.default_rng(1)
            world = World(self.world.queries, b_wins)
            found = [ways(world, self.k, dice) for _ in range(studies)]
            print(f"  b wins {b_wins:.0%}")
            for name, label in WAYS.items():
                print("    " + in_words(label, [each[name] for each in found], found))

    def database(self, seeds: int) -> bool:
        """Whether everything that was promised is so."""
        print(f"\nThrough the database, {seeds} seeds, b wins {self.world.b_wins:.0%}:", flush=True)
        alpha, lines = true_alpha(self.world, self.k), []
        for seed in range(seeds):
            study = Study(self.world, self.k, seed)
            runs = {order: study.run(order) for order in ("random", "active")}
            reports = {order: report(run.project) for order, run in runs.items()}
            lines.append((study, runs, reports))
            random, active = runs["random"], runs["active"]
            print(
                f"  seed {seed}: {random.verdicts} verdicts, stopped at {random.settled_at} ({random.settled}); active"
                f" {active.verdicts} ({(active.project.settled or {}).get('answer')})",
                flush=True,
            )
        return all([*winners(lines), agreements(lines, alpha), *raters(lines), savings(lines)])


def in_words(label: str, found: list[Way], beside: list[dict[str, Way]]) -> str:
    verdicts = [way.verdicts for way in found]
    saved = [1 - np.mean(verdicts) / np.mean([each[base].verdicts for each in beside]) for base in ("all", "random")]
    right, wrong = (np.mean([way.found == side for way in found]) for side in (1, -1))
    return (
        f"{label:16} median {median(verdicts):.0f}, mean {np.mean(verdicts):.0f} verdicts; b better {right:.1%},"
        f" a better {wrong:.1%}"
        + ("" if label != "active" else f"; {saved[0]:.0%} fewer than random, {saved[1]:.0%} than stopped")
    )


Line = tuple[Study, dict[str, Run], dict[str, Report]]


def winners(lines: list[Line]):
    for order in ("random", "active"):
        answers = [reports[order].comparison.shipping.answer for _, _, reports in lines]
        better = answers.count("better") / len(lines)
        wrong = answers.count("worse") / len(lines)
        print(f"winner, {order} order: b better in {better:.0%} of the studies, worse in {wrong:.0%}")
        yield better > 0.5 and wrong <= 0.1


def agreements(lines: list[Line], alpha: float) -> bool:
    good = True
    for order in ("random", "active"):
        found = [reports[order].agreement.whole for _, _, reports in lines]
        held = np.mean([alpha in each.interval for each in found])
        first = lines[0][2][order].agreement.first
        which = f"the first {first} verdicts of a task" if first else "all verdicts"
        print(
            f"alpha, {order} order ({which}): true {alpha:.3f}, median {median(each.alpha for each in found):.3f};"
            f" inside of its 95 % interval in {held:.0%}"
        )
        good &= held >= 0.8
    return good


def raters(lines: list[Line]):
    """Of the random order, where each of them has judged as much as any other."""
    figures: dict[str, list] = {rater.name: [] for rater in RATERS}
    for study, _, reports in lines:
        for one in reports["random"].raters:
            flagged = {flag.rule for flag in reports["random"].flags.get(one.rater, ())}
            figures[study.raters[one.rater].name].append((one, flagged))
    print("rater            gold  again  others  side bias (covers 0)  seconds  flagged")
    for rater in RATERS:
        rows = figures[rater.name]
        ones, often = [one for one, _ in rows], sum(bool(flagged) for _, flagged in rows)
        rules = sorted({rule for _, flagged in rows for rule in flagged})
        fair = np.mean([0 in one.side_interval for one in ones])
        print(
            f"{rater.name:16} {pooled(ones, 'gold'):4.0%}  {pooled(ones, 'repeats'):5.0%}"
            f"  {pooled(ones, 'others'):6.0%}"
            f"  {median(one.side_bias for one in ones):+9.2f} ({fair:4.0%})"
            f"  {median(one.seconds for one in ones):11.1f}  {often}/{len(rows)} {', '.join(rules)}"
        )
        yield often == len(rows) if rater.bad else often <= 0.2 * len(rows)
        yield fair <= 0.2 if rater.leans else fair >= 0.8


def pooled(ones: list, name: str) -> float:
    shares = [getattr(one, name) for one in ones]
    return sum(share.yes for share in shares) / max(1, sum(share.n for share in shares))


def savings(lines: list[Line]) -> bool:
    whole = [runs["random"].verdicts for _, runs, _ in lines]
    stopped = [runs["random"].settled_at or runs["random"].verdicts for _, runs, _ in lines]
    active = [runs["active"].verdicts for _, runs, _ in lines]
    fewer = {name: 1 - np.mean(active) / np.mean(base) for name, base in (("all", whole), ("random", stopped))}
    print(
        f"verdicts (median, mean): {WAYS['all']} {median(whole):.0f}, {np.mean(whole):.0f}; {WAYS['random']}"
        f" {median(stopped):.0f}, {np.mean(stopped):.0f}; active {median(active):.0f}, {np.mean(active):.0f}:"
        f" {fewer['all']:.0%} fewer than random, {fewer['random']:.0%} than stopped"
    )
    return fewer["all"] >= SAVED
