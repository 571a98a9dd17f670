"""Searches go on through promotions and rollbacks: no error, and no vector of another bundle.

Two bundles of different dimensions group the same items in different ways, so the first results tell which bundle's
vectors were compared.
"""

import threading
from collections import Counter
from dataclasses import dataclass, field
from time import monotonic, sleep

import pytest
from django.db import connection, transaction

from catalog.models import Product
from search import serving
from search.build import bundles, register
from search.build import promote as generations
from search.build.embed import fill_bundle
from search.build.lock import exclusive
from search.build.renew import renew
from search.build.settle import settle
from search.models import Bundle, Generation
from search.pipeline import find_products
from search.retrieve import follow
from search.types import Answer, Query
from tests.fake_bundles import FakeBundle, make_bundle, make_item

pytestmark = pytest.mark.django_db(transaction=True)

ITEMS, GROUPS = 60, 12  # five items a group
THREADS, PERIOD_S = 4, 0.2  # twenty searches a second
ROUNDS = 10
FOLLOWED_S = 0.3


@pytest.fixture
def pair(settings, tmp_path):
    """Blue is live, green is retired; both are filled, have a generation and one before it."""
    settings.SIGHTLINE_BUNDLES_DIR, settings.SIGHTLINE_INDEX_DIR = tmp_path / "bundles", tmp_path / "index"
    serving.forget()
    blue = make_bundle("blue", 32, lambda number: number // (ITEMS // GROUPS))
    green = make_bundle("green", 48, lambda number: number % GROUPS)
    Bundle.objects.create(id=blue.id, dim=blue.dim, state="live")
    Bundle.objects.create(id=green.id, dim=green.dim, state="retired")
    for number in range(ITEMS):
        make_item(number)
    for bundle in (blue, green):
        while fill_bundle(bundle.id):
            pass
        for _ in range(2):
            renew(bundle.id, "test", from_all_rows=True, go_live=True)
        settle(bundle.id)
    settings.SIGHTLINE_FOLLOW = True
    follow.stop()  # and forget what a test before this one has seen
    follow.start()
    yield blue, green
    follow.stop()
    serving.forget()


@dataclass
class Hammer:
    """Searches from several threads until it is told to stop, and keeps what was wrong with any answer."""

    bundles: dict[str, FakeBundle]
    numbers: dict[int, int]  # by product id
    stopping: threading.Event = field(default_factory=threading.Event)
    wrong: list[str] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def run(self, seed: int) -> None:
        number = seed
        try:
            while not self.stopping.is_set():
                begun = monotonic()
                number = (number + 7) % ITEMS
                self.ask(number, by_text=bool(number % 2))
                self.stopping.wait(max(0.0, PERIOD_S - (monotonic() - begun)))
        finally:
            connection.close()

    def ask(self, number: int, by_text: bool) -> None:
        product_id = next(key for key, value in self.numbers.items() if value == number)
        query = {"text": f"item {number}"} if by_text else {"product_id": product_id}
        try:
            answer = find_products(Query(**query, mode="same_product", limit=10))
        except Exception as error:
            self.wrong.append(f"{type(error).__name__}: {error}")
            return
        self.answers.append(answer)
        group_of = self.bundles[answer.bundle].group_of
        groups = [group_of(self.numbers[card.product_id]) for card in answer.results[:4]]
        if groups != [group_of(number)] * 4:
            self.wrong.append(f"{answer.bundle} {answer.generation}: item {number} has found groups {groups}")
        if answer.partial:
            self.wrong.append(f"{answer.bundle} {answer.generation}: partial, {answer.degraded}")


def test_no_search_fails_or_mixes_bundles_during_promotions_and_rollbacks(pair):
    blue, green = pair
    numbers = {pk: int(sku[2:]) for pk, sku in Product.objects.values_list("pk", "sku")}
    hammer = Hammer({bundle.id: bundle for bundle in pair}, numbers)
    threads = [threading.Thread(target=hammer.run, args=(11 * seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        for number in range(ROUNDS):
            one_round(pair[number % 2], green)
    finally:
        hammer.stopping.set()
        for thread in threads:
            thread.join(120)
    assert hammer.wrong == []
    seen = Counter((answer.bundle, answer.generation) for answer in hammer.answers)
    made_for = dict(Generation.objects.values_list("pk", "bundle_id"))
    assert all(made_for[generation] == bundle for bundle, generation in seen)
    assert {bundle for bundle, _ in seen} == {blue.id, green.id}
    assert len(seen) >= 4, "hardly any of the generations was searched"
    assert Bundle.objects.get(state="live").pk == blue.id


def one_round(renewed: FakeBundle, green: FakeBundle) -> None:
    """A generation goes live and a bundle takes over; then both are taken back."""
    renew(renewed.id, "test", from_all_rows=True, go_live=True)
    with transaction.atomic():
        exclusive()
        register.wake(green.id)
    bundles.promote(green.id, "test")
    sleep(FOLLOWED_S)
    generations.rollback(renewed.id, "test")
    sleep(FOLLOWED_S)
    bundles.rollback("test")
    sleep(FOLLOWED_S)
