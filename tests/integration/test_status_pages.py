"""The status of single pictures, and the catalog admin's pages that show it."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.ingest.inspect import inspect_pending
from catalog.models import Image, Inspection, Product
from catalog.tasks import attempt, inspect_image
from search.models import ImageVector
from search.status.pictures import picture_statuses
from search.status.products import product_statuses
from tests.conftest import picture
from tests.people import person
from tests.vector_catalog import add_vectors, clustered, make_bundle

pytestmark = pytest.mark.django_db
PAGE = "/manage/status/"


@pytest.fixture
def bundle():
    bundle = make_bundle(state="live")
    add_vectors(bundle, clustered(8))
    return bundle


@pytest.fixture
def admin(client):
    client.force_login(person("catalog-admin"))
    return client


def waiting(number: int, status: str = "pending", **fields) -> Image:
    image = Image.objects.create(product=Product.objects.first(), source=f"w{number}", status=status, **fields)
    inspect_image.defer(image_id=image.pk)
    return image


def run_worker(seconds_ago: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))",
            [seconds_ago],
        )


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def status_of(image: Image):
    return picture_statuses([image.pk])[image.pk]


def test_places_in_the_queue(bundle):
    first, second, third = (waiting(number) for number in range(3))
    assert [status_of(image).turn.place for image in (first, second, third)] == [1, 2, 3]
    jobs = ProcrastinateJob.objects.filter(args__image_id=first.pk)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [jobs.get().pk])
        cursor.execute(
            "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '9 h' WHERE (args ->> 'image_id')::int = %s",
            [third.pk],
        )
    assert status_of(first).turn.at_work
    assert status_of(second).turn.place == 1
    assert status_of(third).turn.place is None and status_of(third).turn.again_at > timezone.now()


def test_states_as_people_see_them(bundle):
    ids = list(Image.objects.order_by("pk").values_list("pk", flat=True))
    Image.objects.filter(pk=ids[1]).update(blocked=True)
    Image.objects.filter(pk=ids[2]).update(status="rejected", reason="Too small.")
    Image.objects.filter(pk=ids[3]).update(status="failed", reason="Timeout.", attempts=5)
    Image.objects.filter(pk=ids[4]).update(status="inspected")
    ImageVector.objects.filter(image=ids[5]).delete()
    saved = timezone.now() - timedelta(minutes=1)
    Image.objects.filter(pk=ids[0]).update(waiting_since=saved, indexed_at=saved + timedelta(seconds=3.1))
    found = picture_statuses(ids)
    states = [found[pk].state.value for pk in ids[:6]]
    assert states == ["searchable", "hidden", "rejected", "failed", "inspected", "missing"]
    assert found[ids[0]].live_after_s == pytest.approx(3.1) and found[ids[0]].tiers == ("hot",)
    assert found[ids[4]].found and not found[ids[5]].found
    assert [found[pk].may_retry for pk in ids[:6]] == [False, False, True, True, False, False]
    products = product_statuses(Product.objects.values_list("pk", flat=True))
    assert sum(status.searchable for status in products.values()) == 4  # the inspected one as it was before
    assert {status.state.value for status in products.values()} == {*states}


def queries(ask) -> int:
    ask()
    with CaptureQueriesContext(
        connection,
    ) as seen:
        ask()
    return len(seen)


def test_the_number_of_queries_does_not_grow(bundle, admin):
    waiting(0)
    page, few = (lambda: admin.get(PAGE)), (lambda: picture_statuses(Image.objects.values_list("pk", flat=True)))
    products = lambda: product_statuses(Product.objects.values_list("pk", flat=True))  # noqa: E731
    before = [queries(ask) for ask in (page, few, products)]
    add_vectors(bundle, clustered(30, seed=2), first=100)
    for number in range(1, 9):
        waiting(number)
    assert [queries(ask) for ask in (page, few, products)] == before


def test_the_page_says_where_everything_stands(bundle, admin):
    waiting(0)
    Image.objects.filter(source="v").order_by("pk").first().delete()
    page = text_of(admin.get(PAGE))
    assert "7 of 8" in page and "The index agrees with the catalog" in page
    assert "Next in the queue." in page and "No worker is running" in page
    run_worker(1)
    assert "No worker is running" not in text_of(admin.get(PAGE))


def test_a_silent_worker_is_none(bundle, admin):
    run_worker(60)
    assert "No worker is running" in text_of(admin.get(PAGE))


def test_filters_words_and_the_way_to_older_ones(bundle, admin):
    add_vectors(bundle, clustered(60, seed=2), first=100)
    Image.objects.filter(product__sku="V-3").update(status="failed", reason="Timeout.")
    page = admin.get(PAGE + "?state=failed")
    assert "V-3" in text_of(page) and "V-4" not in text_of(page) and "Try all failed ones again" in text_of(page)
    assert text_of(admin.get(PAGE + "?q=V-15")).count("picture 1") >= 10
    assert "V-101 picture 1" in text_of(admin.get(PAGE + "?q=thing 101"))
    first = admin.get(PAGE).content.decode()
    (older,) = re.findall(r'href="([^"]*before=\d+)"', first)
    second = admin.get(older).content.decode()
    shown = [set(re.findall(r'data-picture-status="(\d+)"', html)) for html in (first, second)]
    assert len(shown[0]) == 50 and len(shown[1]) == 18 and not shown[0] & shown[1]
    for nonsense in ("?state=odd", "?before=x", "?q=%00", "?before=99999999999999999999", "?q=" + "x" * 300):
        assert admin.get(PAGE + nonsense).status_code == 200


def test_a_sku_with_a_slash_has_a_page(bundle, admin):
    Product.objects.filter(sku="V-1").update(sku="A/B 1%")
    page = text_of(admin.get(PAGE + "A%2FB%201%25/"))
    assert "A/B 1%" in page and "hot tier" in page
    assert admin.get(PAGE + "nothing/").status_code == 404


def test_retry_sends_failed_pictures_on_their_way(bundle, admin):
    image = Image.objects.order_by("pk").first()
    Image.objects.filter(pk=image.pk).update(status="failed", attempts=5, reason="Timeout.")
    response = admin.post(f"/manage/pictures/{image.pk}/retry/", {"next": "/manage/status/V-0/"}, follow=True)
    assert response.redirect_chain == [("/manage/status/V-0/", 302)]
    assert "It is tried again from the start." in text_of(response)
    assert status_of(image).state == "waiting" and status_of(image).turn.place == 1
    again = admin.post(f"/manage/pictures/{image.pk}/retry/", {"next": "https://elsewhere.example/"}, follow=True)
    assert again.redirect_chain == [(PAGE, 302)] and "nothing to try again" in text_of(again)


@pytest.fixture
def rejected(tmp_path) -> Image:
    """A picture that inspection rejects for its size."""
    (tmp_path / "small.jpg").write_bytes(picture(size=(63, 63)))
    product = Product.objects.create(sku="S-1", title="Something small")
    image = Image.objects.create(product=product, source="small.jpg", folder=str(tmp_path))
    attempt(SimpleNamespace(job=SimpleNamespace(attempts=0)), image.pk, inspect_pending)
    return image


def test_what_was_rejected_for_its_quality_can_be_accepted(bundle, admin, rejected):
    page = text_of(admin.get(PAGE + "S-1/"))
    assert "Rejected" in page and "Accept it all the same" in page and "Try again" not in page
    said = text_of(admin.post(f"/manage/pictures/{rejected.pk}/accept/", follow=True))
    assert "It is accepted" in said and status_of(rejected).state == "inspected"
    assert "cannot be shown" in text_of(admin.post(f"/manage/pictures/{rejected.pk}/accept/", follow=True))


@pytest.mark.parametrize("cause", ["safety", "blocklist", "person", None])
def test_what_was_rejected_for_anything_else_cannot(bundle, admin, rejected, cause):
    found = Inspection.objects.filter(image=rejected)
    found.update(cause=cause) if cause else found.delete()
    assert "Accept it all the same" not in text_of(admin.get(PAGE + "S-1/"))
    assert "cannot be shown" in text_of(admin.post(f"/manage/pictures/{rejected.pk}/accept/", follow=True))
    assert status_of(rejected).state == "rejected" and status_of(rejected).may_retry == (cause is None)


def test_what_is_held_leads_to_its_review(bundle, admin, rejected):
    Image.objects.filter(pk=rejected.pk).update(status="held")
    html = admin.get(PAGE + "S-1/").content.decode()
    assert "Held for review" in html and f"after={rejected.pk - 1}" in html


def test_a_planted_difference_is_shown_and_mended(bundle, admin):
    image = Image.objects.order_by("pk").first()
    ImageVector.objects.filter(image=image).delete()
    page = admin.get(PAGE)
    assert "disagree on 1 picture" in text_of(page) and f"V-0 picture 1, id {image.pk}" in text_of(page)
    said = text_of(admin.post("/manage/pictures/repair/", {"image": image.pk}, follow=True))
    assert "One difference is being mended." in said and "The index agrees with the catalog" in said


POSTS = [
    "/manage/pictures/1/retry/",
    "/manage/pictures/1/accept/",
    "/manage/pictures/retry/",
    "/manage/pictures/repair/",
]
GETS = [PAGE, PAGE + "V-1/", "/manage/pictures/status/"]


@pytest.mark.parametrize(("method", "address"), [("get", each) for each in GETS] + [("post", each) for each in POSTS])
def test_who_may_open_them(bundle, client, method, address):
    Image.objects.update(status="failed")
    assert getattr(client, method)(address).status_code == 302
    for role in ((), ("rater",), ("operator",)):
        client.force_login(person(*role, username=f"{role}"))
        assert getattr(client, method)(address).status_code == 403
    assert not ProcrastinateJob.objects.exists()


def test_what_a_page_without_a_socket_asks_for(bundle, admin):
    image = Image.objects.order_by("pk").first()
    told = admin.get(f"/manage/pictures/status/?pictures={image.pk},x,-1&products={image.product_id}&banner=1").json()
    assert "Searchable" in told["picture"][str(image.pk)] and "Searchable" in told["product"][str(image.product_id)]
    assert "No worker" in told["banner"]["0"] and "figures" not in told
    assert admin.get("/manage/pictures/status/?pictures=" + "9" * 30).json() == {}


def test_tags_for_other_pages(bundle):
    template = Template(
        "{% load index_status %}{% worker_banner %}{% status_form %}{% pictures_status ids as statuses %}"
        "{% for id in ids %}{% picture_status statuses id %}{% endfor %}"
        "{% products_status products as known %}{% product_status known products.0 %}"
    )
    ids = [*Image.objects.values_list("pk", flat=True), 0]
    products = list(Product.objects.values_list("pk", flat=True))
    context = {"ids": ids, "products": products, "request": RequestFactory().get("/admin/x/?a=1")}
    html = template.render(Context(context))
    assert html.count("data-picture-status") == 9 and html.count(">Searchable<") == 9
    assert "No worker is running" in html and 'value="/admin/x/?a=1"' in html
