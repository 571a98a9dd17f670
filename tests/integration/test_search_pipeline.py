"""The query path over a small catalog that has really been embedded."""

from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.db import OperationalError, connection
from django.utils import timezone

from catalog.models import Image, Offer, Product
from catalog.services import block_product
from ml import bundle
from search import photos, serving
from search.build import bundles, register
from search.build.embed import embed_image, fill_bundle
from search.errors import BadCursor, Overloaded, PhotoExpired, Unavailable, UnknownProduct
from search.models import Bundle, ImageVector, QueryLog, QueryPhoto
from search.pipeline import find_objects, find_products, record_click, reopen_objects
from search.types import Filters, Query
from tests.conftest import picture
from tests.search_catalog import add_picture, make_catalog, make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalog():
    return make_catalog()


def skus(answer) -> list[str]:
    return [card.sku for card in answer.results]


def whole(found) -> tuple[float, float, float, float]:
    return 0.0, 0.0, float(found.width), float(found.height)


def test_a_products_own_picture_finds_it_first(catalog):
    found = find_objects(catalog.picture_of(4))
    answer = find_products(Query(photo=found.photo, bbox=whole(found), limit=5))
    assert skus(answer)[0] == "SKU-4"
    assert answer.results[0].score > 0.9  # the catalog's vectors hold its words, too
    assert len(answer.results) == 5
    card = answer.results[0]
    assert (card.price, card.currency, card.category, card.in_stock) == (50, "EUR", "Lamp", True)


def test_the_second_tap_needs_no_second_upload_and_no_second_detection(catalog, monkeypatch):
    found = find_objects(catalog.picture_of(1))
    monkeypatch.delattr(bundle.Bundle, "detect")
    again = reopen_objects(found.photo)
    assert (again.objects, again.fallback) == (found.objects, found.fallback)
    answer = find_products(Query(photo=found.photo))
    assert answer.understanding["bbox"] == list(found.objects[0].bbox)


def test_the_kept_photo_is_small_and_without_metadata():
    data = picture(seed=3, size=(3000, 2000), comment=b"at home")
    register.register_bundle()
    found = find_objects(data)
    assert (found.width, found.height) == (3000, 2000)
    assert all(edge <= 3000 for each in found.objects for edge in each.bbox)
    kept = photos.read_jpeg(found.photo)
    assert b"at home" not in kept
    assert photos.open_kept(found.photo).image.size == (1280, 853)


def test_pages_are_stable_and_complete(catalog):
    answer = find_products(Query(text="chair", limit=5))
    seen = skus(answer)
    make_product(50, title="Chair chair chair")
    while answer.next_cursor:
        answer = find_products(Query(cursor=answer.next_cursor, limit=5))
        seen += skus(answer)
    assert sorted(seen) == sorted(product.sku for product in catalog.products)


@pytest.mark.parametrize("cursor", ["", "x", "a.b.c", "0" * 32 + ".5.sig", "\0"])
def test_a_made_up_cursor_is_refused(catalog, cursor):
    with pytest.raises(BadCursor):
        find_products(Query(cursor=cursor))


def test_words_find_skus_brands_and_titles(catalog):
    assert skus(find_products(Query(text="sku-7")))[0] == "SKU-7"
    assert set(skus(find_products(Query(text="Casaluz", limit=6)))) == {f"SKU-{n}" for n in range(6, 12)}
    answer = find_products(Query(text="red lamp", limit=2))
    assert {card.title.rsplit(" ", 2)[0] for card in answer.results} == {"Red lamp"}
    assert answer.understanding["kind"] == "text"


def test_a_photo_refined_by_words_puts_what_holds_them_first(catalog):
    found = find_objects(catalog.picture_of(0))
    answer = find_products(Query(photo=found.photo, bbox=whole(found), text="in blue", weights=(0.9, 0.1), limit=4))
    assert answer.understanding["kind"] == "photo+text"
    assert set(answer.results[0].scores) == {"image", "text", "words"}


def test_more_like_this_leaves_out_this(catalog):
    product = catalog.products[2]
    answer = find_products(Query(product_id=product.pk, limit=50))
    assert len(answer.results) == 11
    assert product.sku not in skus(answer)
    with pytest.raises(UnknownProduct):
        find_products(Query(product_id=999_999))


def test_what_is_blocked_sold_out_or_deleted_after_the_search_is_not_on_the_next_page(catalog):
    answer = find_products(Query(text="chair", limit=1, filters=Filters(in_stock=True)))
    rest = [row[0] for row in QueryLog.objects.get(pk=answer.query_id).ranking][1:4]
    gone = [Product.objects.get(pk=pk).sku for pk in rest]
    block_product(gone[0])
    Offer.objects.filter(product_id=rest[1]).update(availability="out_of_stock")
    Product.objects.filter(pk=rest[2]).delete()
    page = find_products(Query(cursor=answer.next_cursor, limit=50))
    assert not set(gone) & set(skus(page))
    assert page.results


def test_two_sellers_of_one_thing_share_a_card(catalog):
    original = catalog.products[0]
    Product.objects.filter(pk=original.pk).update(gtin="4006381333931")
    twin = make_product(60, gtin="4006381333931")
    Image.objects.filter(product=twin).delete()
    embed_image(add_picture(twin, catalog.picture_of(0)).pk)
    found = find_objects(catalog.picture_of(0))
    answer = find_products(Query(photo=found.photo, bbox=whole(found), limit=50))
    assert (answer.results[0].also, len(answer.results[0].also_ids)) == (1, 1)
    assert {answer.results[0].product_id, *answer.results[0].also_ids} == {original.pk, twin.pk}


def test_clicks_are_kept_for_what_was_shown_only(catalog):
    answer = find_products(Query(text="lamp"))
    record_click(answer.query_id, answer.results[0].product_id, 1)
    with pytest.raises(UnknownProduct):
        record_click(answer.query_id, 999_999, 1)
    assert QueryLog.objects.get(pk=answer.query_id).clicks.count() == 1


def test_expired_photos_are_refused_at_once_and_deleted_later(catalog):
    found = find_objects(catalog.picture_of(1))
    QueryPhoto.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for use in (reopen_objects, photos.open_kept, photos.read_jpeg):
        with pytest.raises(PhotoExpired):
            use(found.photo)
    file = QueryPhoto.objects.get().file
    assert photos.purge_expired() == 1
    assert not storages["private"].exists(file)
    assert not QueryPhoto.objects.exists()


def test_stages_add_up_to_the_total(catalog):
    """Whatever interrupts this thread between two stages only adds to the total: the least of some searches counts."""
    photo = find_objects(catalog.picture_of(1)).photo
    for search in (lambda: find_objects(catalog.picture_of(1)), lambda: find_products(Query(photo=photo))):
        beyond_ms = []
        for _ in range(8):
            stages = search().stages_ms
            total = stages.pop("total")
            beyond_ms.append(abs(total - sum(stages.values())) - max(0.1 * total, 5))
        assert min(beyond_ms) <= 0


def test_a_search_takes_few_queries(catalog, django_assert_max_num_queries):
    found = find_objects(catalog.picture_of(1))
    find_products(Query(photo=found.photo))
    with django_assert_max_num_queries(16):
        find_products(Query(photo=found.photo))


def test_without_a_free_slot_the_server_says_so_instead_of_hanging(catalog, settings):
    settings.SIGHTLINE_MODEL_WAIT_S = 0.01
    with serving.model_slot(), pytest.raises(Overloaded):
        find_objects(catalog.picture_of(1))
    assert find_objects(catalog.picture_of(1)).photo


def test_embedding_twice_changes_nothing(catalog):
    image = Image.objects.first()
    before = ImageVector.objects.get(image=image).vector
    assert embed_image(image.pk) == 0
    Image.objects.filter(pk=image.pk).update(status=Image.Status.INSPECTED)
    assert embed_image(image.pk) == 1
    assert ImageVector.objects.get(image=image).vector == pytest.approx(before, abs=1e-5)
    assert set(Image.objects.values_list("status", flat=True)) == {"indexed"}


def settle() -> None:
    """Check deferred constraints now: no index can be made while they wait."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_new_bundle_takes_over_when_it_is_complete(catalog, monkeypatch):
    live = Bundle.objects.get()
    old = Bundle.objects.create(id="old-1.0", dim=live.dim, state=Bundle.State.RETIRED)
    ImageVector.objects.update(bundle=old)
    Bundle.objects.filter(pk=live.pk).delete()
    Bundle.objects.filter(pk="old-1.0").update(state=Bundle.State.LIVE)
    settle()
    monkeypatch.setattr(register.serving, "find_folder", lambda bundle_id: bundle_id)  # the old one's files are here
    assert register.register_bundle().state == Bundle.State.BUILDING
    assert not bundles.promote_when_complete()
    assert Bundle.objects.get(state=Bundle.State.LIVE).pk == "old-1.0"
    monkeypatch.undo()
    while fill_bundle(live.pk):
        pass
    assert bundles.promote_when_complete()
    assert dict(Bundle.objects.values_list("id", "state")) == {live.pk: "live", "old-1.0": "retired"}
    assert find_products(Query(text="red lamp")).results


def test_a_bundle_whose_files_are_gone_gives_way_at_once(catalog):
    live = Bundle.objects.get()
    gone = Bundle.objects.create(id="gone-1.0", dim=live.dim, state=Bundle.State.RETIRED)
    ImageVector.objects.update(bundle=gone)
    Bundle.objects.filter(pk=live.pk).delete()
    Bundle.objects.filter(pk="gone-1.0").update(state=Bundle.State.LIVE)
    settle()
    assert register.register_bundle().state == Bundle.State.LIVE
    assert Bundle.objects.get(pk="gone-1.0").state == Bundle.State.RETIRED


def test_a_database_that_is_away_is_unavailable_and_no_error_of_ours(catalog, monkeypatch):
    def away(*_):
        raise OperationalError("the connection is lost")

    monkeypatch.setattr("search.pipeline.gather", away)
    with pytest.raises(Unavailable):
        find_products(Query(text="lamp"))
