"""Every process follows the database: what is sold out, blocked, deleted, new or promoted shows within a second."""

import shutil
import threading
from decimal import Decimal
from statistics import median
from time import monotonic, sleep
from types import SimpleNamespace

import numpy as np
import pytest
from django.db import connection, transaction
from django.utils import timezone

from catalog import outage
from catalog.models import Image, Offer, Product, Seller
from catalog.review.services import block_seller
from search import serving
from search.build.build import build
from search.build.promote import promote, rollback
from search.build.register import create_index
from search.build.settle import settle
from search.build.verify import verify
from search.models import Bundle, Change, Generation, ImageVector
from search.retrieve import follow, live
from search.retrieve.feed import read_changes, read_snapshot
from search.retrieve.router import UNREACHED, retriever
from search.types import Filters, QueryVector
from tests.vector_catalog import add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 300
PATIENCE_S = 120
ANYTHING, IN_STOCK = Filters(), Filters(in_stock=True)
# Without what the server does by itself: autovacuum comes when it likes.
OTHERS = """pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend'"""


@pytest.fixture
def vectors():
    return clustered(ROWS)


@pytest.fixture
def bundle(vectors):
    """A live bundle with a live generation of 300 rows, all of them settled."""
    bundle = make_bundle(state="live")
    create_index(bundle)
    add_vectors(bundle, vectors)
    make_live(bundle)
    yield bundle
    follow.stop()


def make_live(bundle: Bundle) -> str:
    generation = build(bundle.pk)
    assert verify(generation.pk).passed
    promote(generation.pk, "test")
    settle(bundle.pk)
    return generation.pk


def images(bundle: Bundle, vector: np.ndarray, filters: Filters = ANYTHING, k: int = 5) -> list[int]:
    return retriever().candidates(QueryVector(bundle.pk, vector), filters, k).image_ids.tolist()


def time_until(holds) -> float:
    """Seconds until `holds()`."""
    begun = monotonic()
    while not holds():
        assert monotonic() - begun < PATIENCE_S, "waited in vain"
        sleep(0.02)
    return monotonic() - begun


@pytest.fixture
def following(bundle, vectors, settings, monkeypatch):
    monkeypatch.setattr(serving, "HOT_TRUST_S", PATIENCE_S)  # the machine may be so busy that a look comes seconds late
    settings.SIGHTLINE_FOLLOW = True
    follow.start()
    time_until(lambda: follow.status().connected and images(bundle, vectors[0], IN_STOCK))  # the generation is open
    return bundle


def test_stock_block_and_delete_show_within_a_second(following, vectors):
    first, second, third = images(following, vectors[0], IN_STOCK)[:3]
    took_s = []
    for _ in range(3):
        Offer.objects.filter(product__images=first).update(availability="in_stock")
        time_until(lambda: first in images(following, vectors[0], IN_STOCK))
        Offer.objects.filter(product__images=first).update(availability="out_of_stock")
        took_s.append(time_until(lambda: first not in images(following, vectors[0], IN_STOCK)))
    assert first in images(following, vectors[0])  # without a filter it may be shown as sold out
    Product.objects.filter(images=second).update(blocked=True)
    took_s.append(time_until(lambda: second not in images(following, vectors[0])))
    Image.objects.filter(pk=third).delete()
    took_s.append(time_until(lambda: third not in images(following, vectors[0])))
    Product.objects.filter(images=second).update(blocked=False)
    took_s.append(time_until(lambda: second in images(following, vectors[0])))
    assert follow.current().hot_rows(following.pk) == 0  # all of that without asking the hot tier
    assert median(took_s) < 1  # a single one may be late where other tests keep the machine busy


def test_a_blocked_seller_and_a_held_picture_leave_within_a_second(following, vectors):
    first, second, third = images(following, vectors[0], IN_STOCK)[:3]
    harbour, quay = (Seller.objects.create(name=name) for name in ("Harbour", "Quay"))
    Offer.objects.filter(product__images=first).update(seller=harbour)
    shared = Offer.objects.get(product__images=second)
    Offer.objects.filter(pk=shared.pk).update(seller=harbour, price=1)
    Offer.objects.create(product=shared.product, seller=quay, price=500)
    cheap = Filters(price_max=Decimal(1))
    time_until(lambda: second in images(following, vectors[0], cheap, k=ROWS))
    took_s = []
    for _ in range(3):
        block_seller(harbour.pk, True, "ada")
        took_s.append(time_until(lambda: first not in images(following, vectors[0])))
        assert not {first, second} & set(images(following, vectors[0], Filters(seller="Harbour")))
        assert second not in images(following, vectors[0], cheap, k=ROWS)  # at the price of the other seller
        assert second in images(following, vectors[0], IN_STOCK)
        block_seller(harbour.pk, False, "ada")
        took_s.append(time_until(lambda: first in images(following, vectors[0])))
    Image.objects.filter(pk=third).update(status="held")
    took_s.append(time_until(lambda: third not in images(following, vectors[0])))
    assert follow.current().hot_rows(following.pk) == 0
    assert median(took_s) < 1


def test_a_new_picture_shows_within_a_second_and_an_empty_hot_tier_is_not_asked(following, vectors):
    assert follow.current().hot_rows(following.pk) == 0
    found = retriever().candidates(QueryVector(following.pk, vectors[0]), Filters(), 5, explain=True)
    assert found.explain["hot"] == {"plan": "skipped", "rows": 0}
    new = -vectors[0]
    took_s = []
    for number in range(3):
        (image,) = add_vectors(following, new[None], first=ROWS + number)
        took_s.append(time_until(lambda: image in images(following, new)))  # noqa: B023 - called at once
    assert median(took_s) < 1
    time_until(lambda: follow.current().hot_rows(following.pk) == 3)


def test_a_vector_that_is_written_again_counts_once_and_as_it_is_now(following, vectors):
    image = images(following, vectors[0])[0]
    ImageVector.objects.filter(image_id=image).update(vector=(-vectors[0]).tolist())
    time_until(lambda: image not in images(following, vectors[0]))
    assert images(following, -vectors[0]).count(image) == 1
    assert settle(following.pk) == 0  # neither generation holds it as it is now


def test_the_hot_tier_is_known_to_hold_a_row_before_its_generation_lets_go_of_it(following, vectors, monkeypatch):
    hot_rows, refresh = [], live.refresh

    def look(generation, changed, database):
        if changed:
            hot_rows.append(follow.latest().hot_rows(following.pk))
        refresh(generation, changed, database)

    monkeypatch.setattr(live, "refresh", look)
    ImageVector.objects.filter(image_id=images(following, vectors[0])[0]).update(vector=(-vectors[0]).tolist())
    time_until(lambda: hot_rows)
    assert hot_rows[0] == 1


def test_promotions_and_rollbacks_are_followed_within_a_second(following, vectors):
    first = follow.current().generation_id(following.pk)
    (image,) = add_vectors(following, -vectors[:1], first=ROWS)
    second = make_live(following)
    took_s = [time_until(lambda: follow.current().generation_id(following.pk) == second)]
    assert images(following, -vectors[0])[0] == image
    for expected in (first, second, first):
        rollback(following.pk, "test")
        took_s.append(time_until(lambda: follow.current().generation_id(following.pk) == expected))  # noqa: B023
    assert median(took_s) < 1
    assert images(following, -vectors[0])[0] == image  # it was never settled: the one before does not hold it
    assert set(follow.status().generations) == {first, second}


def test_a_search_keeps_what_it_began_with(bundle, vectors):
    before = follow.catch_up()
    add_vectors(bundle, -vectors[:1], first=ROWS)
    make_live(bundle)
    after = follow.catch_up()
    assert after.generation_id(bundle.pk) != before.generation_id(bundle.pk)
    assert len(retriever(before).candidates(QueryVector(bundle.pk, vectors[0]), Filters(), 5)) == 5


def test_the_feed_gives_each_change_once_in_whatever_order_transactions_commit(bundle):
    with outage.connect() as early, outage.connect() as late, connection.cursor() as reader:
        ids = list(Product.objects.order_by("pk").values_list("pk", flat=True)[:2])
        seen = read_snapshot(reader)
        early.execute("BEGIN")
        early.execute("UPDATE catalog_product SET blocked = true WHERE id = %s", [ids[0]])  # has the lower number
        late.execute("UPDATE catalog_product SET blocked = true WHERE id = %s", [ids[1]])  # and commits at once
        seen, changed = read_changes(reader, seen)
        assert changed == [ids[1]]
        early.execute("COMMIT")
        seen, changed = read_changes(reader, seen)
        assert changed == [ids[0]]
        early.execute("BEGIN")
        early.execute("UPDATE catalog_product SET blocked = false WHERE id = %s", [ids[0]])
        early.execute("ROLLBACK")
        assert read_changes(reader, seen)[1] == []


def test_only_facts_that_a_search_goes_by_are_logged(bundle):
    product = Product.objects.order_by("pk").first()
    Change.objects.all().delete()
    product.title = "Another"
    product.save()
    product.offers.update(updated_at="2026-01-01T00:00:00Z")
    product.images.update(position=3, status="pending")
    ImageVector.objects.update(hot=False)
    assert not Change.objects.exists()
    Offer.objects.filter(product__in=[product, product.pk + 1]).update(price=1000)  # which no offer has
    assert sorted(Change.objects.values_list("product_id", flat=True)) == [product.pk, product.pk + 1]
    Change.objects.all().delete()
    for change in ({"blocked": True}, {"category": None}, {"attributes": {}}):
        Product.objects.filter(pk=product.pk).update(**change)
    product.images.update(status="rejected")
    product.vectors.all().delete()
    product.offers.all().delete()
    assert list(Change.objects.values_list("product_id", flat=True)) == [product.pk] * 6


def test_while_the_database_is_away_the_cold_tier_answers_and_says_so(bundle, vectors, monkeypatch):
    follow.catch_up()
    monkeypatch.setattr(outage, "is_away", lambda: True)
    monkeypatch.setattr(follow, "database_away", lambda: True)
    found = retriever().candidates(QueryVector(bundle.pk, vectors[0]), Filters(), 5)
    assert len(found) == 5
    assert found.partial
    assert found.notes == (UNREACHED,)


def test_a_connection_that_breaks_is_made_anew_and_nothing_is_missed(following, vectors):
    first = images(following, vectors[0])[0]
    with connection.cursor() as cursor:
        # The opener's thread asks for the categories as well, when it starts.
        time_until(lambda: cursor.execute(f"SELECT pid FROM {OTHERS}").rowcount == 1)
        cursor.execute(f"SELECT pg_terminate_backend(pid) FROM {OTHERS}")
        assert cursor.fetchall() == [(True,)]
        Product.objects.filter(images=first).update(blocked=True)
    time_until(lambda: first not in images(following, vectors[0]))
    time_until(lambda: follow.status().connected)


def test_a_live_generation_that_cannot_be_opened_leaves_the_one_before_until_its_files_are_back(
    bundle, vectors, settings, monkeypatch
):
    first = follow.catch_up().generation_id(bundle.pk)
    (image,) = add_vectors(bundle, -vectors[:1], first=ROWS)
    second = make_live(bundle)
    folder = settings.SIGHTLINE_INDEX_DIR / second
    folder.rename(folder.with_name("elsewhere"))
    now = follow.catch_up()
    assert now.generation_id(bundle.pk) == first
    assert now.notes[bundle.pk] == (f"generation {second} cannot be opened",)
    assert images(bundle, -vectors[0])[0] == image
    folder.with_name("elsewhere").rename(folder)
    assert follow.catch_up().generation_id(bundle.pk) == first  # it was tried a moment ago
    monkeypatch.setattr("search.retrieve.live.TRY_AGAIN_S", 0)
    now = follow.catch_up()
    assert now.generation_id(bundle.pk) == second
    assert now.notes[bundle.pk] == ()


def test_a_generation_of_another_bundle_is_refused(bundle, vectors, settings):
    """Its row was tampered with, or its folder moved: the manifest says whose vectors they are."""
    other = make_bundle("other-1.0", state="shadow")
    own = follow.catch_up().generation_id(bundle.pk)
    Generation.objects.create(id="20260101-000000-abcdef", bundle=other, state="live", watermark="1:1:")
    shutil.copytree(settings.SIGHTLINE_INDEX_DIR / own, settings.SIGHTLINE_INDEX_DIR / "20260101-000000-abcdef")
    now = follow.catch_up()
    assert other.pk not in now.cold
    assert now.notes[other.pk]


def test_a_bundle_is_followed_when_its_models_are_loaded_and_its_generation_is_open(following, vectors, monkeypatch):
    loading = threading.Event()

    def load(bundle_id: str):
        loading.wait(PATIENCE_S)
        serving.install(SimpleNamespace(id=bundle_id))

    monkeypatch.setattr(serving, "loaded_bundle", load)
    green = make_bundle("green-1.0", dim=32, state="building")
    create_index(green)
    add_vectors(green, clustered(20, dim=32), first=ROWS)
    make_live(green)
    with transaction.atomic():  # as a promotion does: no other process may see a moment at which nothing is live
        Bundle.objects.filter(state="live").update(state="retired", retired_at=timezone.now())
        Bundle.objects.filter(pk=green.pk).update(state="live")
    sleep(0.5)
    assert follow.current().bundle_id == following.pk
    loading.set()
    time_until(lambda: follow.current().bundle_id == green.pk)
    assert follow.current().generation_id(green.pk)
    assert follow.current().generation_id(following.pk)  # stays open for a rollback
