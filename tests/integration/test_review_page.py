"""The review page: who may open it, what it shows, and that a decision leads to the next case."""

import pytest
from django.urls import reverse

from catalog.models import Decision, Edit, Image, NearDuplicate, PairVerdict, Product, Seller
from catalog.review.kept import keep, note
from ml.images import open_image
from ml.inspect.flaws import Flaw
from ml.inspect.near import thumbnail
from ml.inspect.safety import Part
from tests.conftest import picture
from tests.people import person

pytestmark = pytest.mark.django_db
PAGE = "/manage/review/"
POSTS = ("undo/", "pairs/", "pictures/1/allow/", "products/1/", "blocklist/1/withdraw/", "sellers/1/block/")
HTMX = {"HX-Request": "true", "HX-Target": "review"}


@pytest.fixture
def admin(client):
    client.force_login(person("catalog-admin", username="ada"))
    return client


def made(sku: str, status: str = "indexed", **fields) -> Image:
    product = Product.objects.create(sku=sku, title=f"Chair {sku}")
    look = thumbnail(open_image(picture()))
    known = {"sha256": sku.rjust(64, "0"), "phash": 5, "thumbnail": look, "width": 240, "height": 200}
    return Image.objects.create(product=product, source=sku, status=status, file=f"{sku}.jpg", **{**known, **fields})


def held(sku: str) -> Image:
    image = made(sku, "held", reason="The picture may be explicit.")
    note(image.pk, "safety", parts=[Part("FEET_EXPOSED", 0.8, (24, 20, 48, 40))], kept=keep(picture()))
    return image


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize("role", [None, "rater", "operator"])
def test_only_catalog_admins_enter(client, role):
    image = held("A")
    if role:
        client.force_login(person(role))
    refused = 403 if role else 302
    for path in ("", "held/", f"pictures/{image.pk}/kept.jpg"):
        assert client.get(PAGE + path).status_code == refused
    for path in (*POSTS, f"pictures/{image.pk}/allow/", f"pictures/{image.pk}/block/"):
        assert client.post(PAGE + path).status_code == refused
    assert not Decision.objects.exists()
    assert Image.objects.get().status == "held"


def test_decisions_are_posts(admin):
    assert [admin.get(PAGE + path).status_code for path in POSTS] == [405] * len(POSTS)
    assert admin.get(PAGE + "nonsense/").status_code == 404
    assert admin.post(PAGE + "pictures/1/nonsense/").status_code == 404


def test_it_opens_where_something_waits(admin):
    assert admin.get(PAGE).url == reverse("review_queue", args=["held"])
    first, second = made("A"), made("B")
    NearDuplicate.objects.create(image=second, other=first, bits=0, distance=0)
    assert admin.get(PAGE).url == reverse("review_queue", args=["duplicates"])


def test_a_held_picture_is_shown_veiled_with_what_was_seen_in_it(admin):
    image = held("A")
    page = text_of(admin.get(PAGE + "held/"))
    assert "Chair A" in page and "may be explicit" in page and "feet exposed 80%" in page
    assert 'class="look veiled"' in page and "left:10.0%;top:10.0%;width:10.0%;height:10.0%" in page
    response = admin.get(PAGE + f"pictures/{image.pk}/kept.jpg")
    assert (response["Content-Type"], response.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert "no-store" in response["Cache-Control"]


def test_a_decision_leads_to_the_next_case_and_back(admin):
    first, _ = held("A"), held("B")
    path = f"pictures/{first.pk}/allow/"
    response = admin.post(PAGE + path, {"queue": "held", "at": first.pk}, headers=HTMX, follow=True)
    page = text_of(response)
    assert page.startswith("<nav") and "Chair B" in page and "The picture of A is shown." in page
    assert response["HX-Replace-Url"] == f"{PAGE}held/?after={first.pk}"
    assert Image.objects.get(pk=first.pk).status == "inspected"
    page = text_of(admin.post(PAGE + "undo/", {"queue": "held"}, follow=True))
    assert "Chair A" in page and "Taken back: A, may be shown." in page
    assert Image.objects.get(pk=first.pk).status == "held"
    assert "There is no decision of yours" in text_of(admin.post(PAGE + "undo/", follow=True))


def test_later_goes_round(admin):
    first, second = held("A"), held("B")
    assert "Chair B" in text_of(admin.get(PAGE + f"held/?after={first.pk}"))
    assert "Chair A" in text_of(admin.get(PAGE + f"held/?after={second.pk}"))
    for odd in ("x", "-1", "9" * 30, "²"):
        assert "Chair A" in text_of(admin.get(PAGE + "held/", {"after": odd}))


def test_two_who_decide_at_once_are_told(admin):
    image = held("A")
    Image.objects.filter(pk=image.pk).update(status="pending")
    page = text_of(admin.post(PAGE + f"pictures/{image.pk}/allow/", {"queue": "held"}, follow=True))
    assert "Somebody else has decided this meanwhile" in page
    assert not Decision.objects.exists()
    page = text_of(admin.post(PAGE + "pictures/999999/block/", {"queue": "held"}, follow=True))
    assert "Somebody else has decided this meanwhile" in page


def test_look_alikes_are_told_apart(admin):
    images = [made(sku) for sku in "ABC"]
    for image in images[1:]:
        NearDuplicate.objects.create(image=image, other=images[0], bits=2, distance=1.5)
    page = text_of(admin.get(PAGE + "duplicates/"))
    assert page.count('name="sku"') == 3 and "3 products, one picture?" in page
    asked = {"sku": ["A", "B"], "verdict": "same_product", "at": 0}
    page = text_of(admin.post(PAGE + "pairs/", asked, follow=True))
    assert "A, B: same product." in page and page.count('name="sku"') == 2
    assert PairVerdict.objects.get().verdict == "same_product"
    for wrong in ({"sku": ["A"], "verdict": "different"}, {"sku": ["A", "C"], "verdict": "x"}):
        assert "Tick what this is about" in text_of(admin.post(PAGE + "pairs/", wrong, follow=True))
    assert text_of(admin.post(PAGE + "undo/", {"queue": "duplicates"}, follow=True)).count('name="sku"') == 3
    admin.post(PAGE + "pairs/", {"sku": ["A", "B", "C"], "verdict": "different"})
    assert "Nothing waits here" in text_of(admin.get(PAGE + "duplicates/"))


def test_long_queues_are_counted_to_a_thousand(admin, monkeypatch):
    monkeypatch.setattr("catalog.review.queries.COUNTED", 1), monkeypatch.setattr("search.web.review.COUNTED", 1)
    held("A"), held("B")
    made("C", "rejected")
    page = text_of(admin.get(PAGE + "held/"))
    assert 'Held for safety <span class="num">1+<' in page and 'Rejected <span class="num">1<' in page


def test_a_warning_and_a_rejection(admin):
    note(made("A").pk, warnings=[Flaw("blurred", "The picture is blurred.")])
    made("B", "rejected", reason="The picture is not where the feed says.", sha256="", phash=None, thumbnail=None)
    assert "The picture is blurred." in text_of(admin.get(PAGE + "warnings/"))
    page = text_of(admin.get(PAGE + "rejected/"))
    assert "not where the feed says" in page and "There is no copy of it" in page
    assert "Show it all the same" not in page and "Try again" in page and "Block it" not in page
    rejected = Image.objects.get(status="rejected")
    assert "cannot be shown" in text_of(
        admin.post(PAGE + f"pictures/{rejected.pk}/allow/", {"queue": "rejected"}, follow=True)
    )
    admin.post(PAGE + f"pictures/{rejected.pk}/reject/", {"queue": "rejected"})
    assert "Nothing waits here" in text_of(admin.get(PAGE + "rejected/"))


def test_sellers_and_blocked_pictures_are_listed(admin):
    seller = Seller.objects.create(name="Harbour")
    image = made("A")
    admin.post(PAGE + f"pictures/{image.pk}/block/", {"queue": "warnings"})
    page = text_of(admin.post(PAGE + f"sellers/{seller.pk}/block/", follow=True))
    assert "Harbour is blocked." in page and "Show again" in page and "Take off the list" in page
    assert Edit.objects.filter(what="Review", user__username="ada").count() == 2  # the admin's history knows it, too
    page = text_of(admin.get(PAGE + "history/"))
    assert page.index("Harbour") < page.index(">A<") and "ada" in page
    assert admin.post(PAGE + "sellers/999/block/", follow=True).status_code == 200


def test_more_cases_take_no_more_queries(admin, django_assert_max_num_queries):
    held("A"), note(made("W").pk, warnings=[Flaw("small", "Small.")])
    twins = [made(sku) for sku in "DE"]
    NearDuplicate.objects.create(image=twins[1], other=twins[0], bits=0, distance=0)
    for queue in ("held", "warnings", "duplicates", "blocklist", "history"):
        with django_assert_max_num_queries(22) as few:
            admin.get(PAGE + f"{queue}/")
        count = len(few.captured_queries)
        for number in range(4):
            held(f"{queue}H{number}"), note(made(f"{queue}W{number}").pk, warnings=[Flaw("small", "Small.")])
            more = made(f"{queue}T{number}")
            NearDuplicate.objects.create(image=more, other=twins[0], bits=0, distance=0)
            admin.post(PAGE + f"sellers/{Seller.objects.create(name=more.product.sku).pk}/block/")
        with django_assert_max_num_queries(count + 2):
            admin.get(PAGE + f"{queue}/")
