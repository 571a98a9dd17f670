"""Promotions and rollbacks under searches: errors, answers that mix two indexes, and what the slow end notices.

    python bench/promotions.py [--rows 20000] [--rounds 10] [--per-s 20]

A shop of its own: PostgreSQL, two web processes, and a catalog of pairs (bench/shop/fill.py) with two model bundles,
in whose vectors a product has different partners. Searches ask for "more like this product", so no model runs: what
is measured is retrieve to respond, over HTTP. First generations change under one bundle, then bundles. An answer is
mixed when its first result is not the partner in the vectors of the bundle that it names, or when it names a
generation of the other bundle.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from shop.house import House, house
from shop.load import Load, Reply, percentiles_ms

QUIET_S = 20
FOLLOW_S = 1.0
MAX_P99_RATIO = 2.0
ACTOR = "bench"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--per-s", type=float, default=20)
    parser.add_argument("--keep", action="store_true", help="leave its folder, with the logs")
    parser.add_argument("--pause-s", type=float, default=2.5, help="from one change to the next")
    parser.add_argument("--quiet-s", type=float, default=QUIET_S)
    arguments = parser.parse_args()
    with house("promotions", arguments.keep) as home:
        shop = Shop(home, arguments.rows)
        shop.fill(arguments.rounds)
        urls = home.serve(2)
        found = [
            measure(shop, urls, arguments, name, change)
            for name, change in (("generations", shop.change_generation), ("bundles", shop.change_bundle))
        ]
    sys.exit(not all(found))


class Shop:
    """Two bundles, the second with its pairs drawn anew; generations enough of the first for every promotion."""

    def __init__(self, home: House, rows: int):
        from shop.fill import Catalog

        self.home, self.rows = home, rows
        self.catalog = Catalog(rows)
        self.partner: dict[str, np.ndarray] = {}
        self.bundles: list[str] = []
        self.ready: list[str] = []

    def fill(self, rounds: int) -> None:
        from shop.fill import give_picture

        from search.models import Bundle

        self.home.manage("register_bundle")
        give_picture(self.home.home)
        self.catalog.fill()
        self.fill_bundle(Bundle.objects.get(), np.arange(1, self.rows + 1))
        self.home.manage("bundle", "register", str(self.other_bundle()))
        self.fill_bundle(Bundle.objects.latest("registered_at"), np.random.default_rng(3).permutation(self.rows) + 1)
        print(f"Building {rounds + 2} generations", flush=True)
        for number in range(rounds + 2):
            self.build(self.bundles[number == 1], live=number < 2)

    def fill_bundle(self, row, order: np.ndarray) -> None:
        """order: int64 (rows,), the product of each place in the pairs."""
        self.catalog.fill_vectors(row.pk, row.dim, order=order)
        self.partner[row.pk] = partners(order)
        self.bundles.append(row.pk)

    def other_bundle(self) -> Path:
        """The bundle that ships under another version: the same models, and to the index another bundle."""
        import shutil

        from ml.bundle import default_bundle_folder

        copy = self.home.home / "other-bundle"
        shutil.copytree(default_bundle_folder(), copy)
        manifest = json.loads((copy / "manifest.json").read_text())
        (copy / "manifest.json").write_text(json.dumps(manifest | {"version": "0.0.1"}))
        return copy

    def build(self, bundle_id: str, live: bool) -> None:
        from search.build.build import build
        from search.build.promote import promote
        from search.build.verify import verify

        row = build(bundle_id, actor=ACTOR)
        verify(row.pk, actor=ACTOR)
        if live:
            promote(row.pk, ACTOR)
        else:
            self.ready.append(row.pk)

    def change_generation(self) -> Iterator[str]:
        """A promotion, then a rollback; the generation that should answer from then on."""
        from search.build.promote import promote, rollback

        yield promote(self.ready.pop(0), ACTOR).pk
        yield rollback(self.bundles[0], ACTOR).pk

    def change_bundle(self) -> Iterator[str]:
        from search.build import bundles
        from search.build.promote import live_of
        from search.models import Bundle

        other = Bundle.objects.exclude(state=Bundle.State.LIVE).get()
        if other.state == Bundle.State.RETIRED:  # it went live and back; to be promoted again it is registered again
            Bundle.objects.filter(pk=other.pk).update(state=Bundle.State.BUILDING, retired_at=None)
        for change in (lambda: bundles.promote(other.pk, ACTOR), lambda: bundles.rollback(ACTOR)):
            yield live_of(change().pk).pk

    def is_mixed(self, reply: Reply) -> bool:
        from search.models import Generation

        body = reply.body
        if body["bundle"] not in self.partner or not body["results"]:
            return True
        if not hasattr(self, "owner"):
            self.owner = dict(Generation.objects.values_list("pk", "bundle_id"))
        wrong_generation = self.owner.get(body["generation"]) != body["bundle"]
        expected = self.partner[body["bundle"]][reply.asked["product_id"]]
        return wrong_generation or body["results"][0]["product_id"] != expected


def partners(order: np.ndarray) -> np.ndarray:
    """int64 (rows + 1,): by product id, its partner. order: the product of each place."""
    place = np.empty(len(order) + 1, np.int64)
    place[order] = np.arange(len(order))
    return np.concatenate([[0], order[place[1:] ^ 1]])


def measure(shop: Shop, urls: list[str], arguments, name: str, change) -> bool:
    dice = random.Random(1)
    with Load(urls, arguments.per_s, lambda _: {"product_id": dice.randint(1, shop.rows), "limit": 10}) as load:
        time.sleep(5)  # connections, first pages of the index
        quiet_from = time.monotonic()
        time.sleep(arguments.quiet_s)
        busy_from = time.monotonic()
        changes = []
        for _ in range(arguments.rounds):
            steps, began_s = change(), time.monotonic()
            for generation in steps:
                changes.append((began_s, time.monotonic(), generation))
                time.sleep(arguments.pause_s)
                began_s = time.monotonic()
        ended = time.monotonic()
    busy = load.between(busy_from, ended)
    follow_s = times_to_follow(busy, [*changes, (ended, ended, "")])
    return tell(shop, name, load.between(quiet_from, busy_from), busy, follow_s)


def times_to_follow(replies: list[Reply], changes: list[tuple[float, float, str]]) -> list[float]:
    """Seconds from each change to the last search, of either server, that was answered by another generation.

    changes: when it began, when it was done, and the generation that should answer from then on. Searches that were
    answered after the next one had begun say nothing about this one.
    """
    found = []
    for (_, at, generation), (until, _, _) in pairwise(changes):
        after = [reply for reply in replies if at <= reply.sent_s and reply.sent_s + reply.ms / 1000 < until]
        found.append(max((r.sent_s - at for r in after if r.body.get("generation") != generation), default=0.0))
    return found


def tell(shop: Shop, name: str, quiet: list[Reply], busy: list[Reply], follow_s: list[float]) -> bool:
    failed = [reply for reply in quiet + busy if reply.failed]
    mixed = [reply for reply in quiet + busy if not reply.failed and shop.is_mixed(reply)]
    (quiet50, quiet99), (busy50, busy99) = percentiles_ms(quiet), percentiles_ms(busy)
    used = {reply.body.get("generation") for reply in busy if not reply.failed}
    good = not failed and not mixed and busy99 <= MAX_P99_RATIO * quiet99
    print(f"{len(follow_s) // 2} promotions and as many rollbacks of {name}: {'met' if good else 'missed'}")
    print(f"  searches {len(quiet)} before and {len(busy)} during, answered by {len(used)} generations")
    print(f"  errors {len(failed)}, mixed {len(mixed)} (targets 0)")
    print(f"  p50 {quiet50:.1f} -> {busy50:.1f} ms, p99 {quiet99:.1f} -> {busy99:.1f} ms: {busy99 / quiet99:.2f} times")
    print(f"  all servers followed in {np.median(follow_s):.2f} s, at most {max(follow_s):.2f} s (aim {FOLLOW_S:g} s)")
    for reply in (failed + mixed)[:5]:
        print(f"    {reply.status} {str(reply.body)[:300]}")
    return good


if __name__ == "__main__":
    main()
