"""What a product lacks is suggested in the words of the products most like it, and accepted with one key."""

import pytest

from catalog.models import Product
from search.insight.cases import LookedThrough, next_case
from search.insight.suggest import suggest
from tests.people import person
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db
PAGE = "/manage/review/"


@pytest.fixture
def bare() -> Product:
    """A blue lamp that does not say so but in its title."""
    make_catalog()
    Product.objects.update(attributes={"color": "red", "material": "oak"})
    Product.objects.filter(sku="SKU-4").update(category=None, attributes={"style": "plain"})
    return Product.objects.get(sku="SKU-4")


def test_neighbours_suggest_in_the_shops_words(bare):
    found = {each.field: each for each in suggest(bare).suggestions}
    assert found["category"].label == "Furniture > Lamp"
    assert (found["color"].value, found["material"].value) == ("red", "oak")
    assert found["material"].why == "11 of the 11 most alike have it"
    assert bare.pk not in [product.pk for product in suggest(bare).alike]


def test_a_product_without_a_vector_or_a_neighbour_gets_no_suggestion(bare):
    assert suggest(Product.objects.create(sku="new", title="New")).suggestions == ()
    Product.objects.exclude(pk=bare.pk).delete()
    assert {each.field for each in suggest(bare).suggestions} <= {"category"}


def test_what_is_ticked_is_accepted(bare, client):
    client.force_login(person("catalog-admin", username="ada"))
    page = client.get(PAGE + "suggestions/").content.decode()
    assert "Furniture &gt; Lamp" in page and "Most alike in your catalog" in page
    asked = {"category": bare.category_id or next_case("suggestions", 0).guess.suggestions[0].value, "material": "oak"}
    client.post(PAGE + f"products/{bare.pk}/", {**asked, "verdict": "accept"})
    bare.refresh_from_db()
    assert (bare.category.path, bare.attributes) == ("Furniture > Lamp", {"style": "plain", "material": "oak"})
    assert client.post(PAGE + f"products/{bare.pk}/", {"verdict": "decline"}).status_code == 302
    assert next_case("suggestions", 0) is None
    page = client.post(PAGE + f"products/{bare.pk}/", {"verdict": "accept"}, follow=True).content.decode()
    assert "Tick what this is about first" in page


def test_products_of_which_nothing_can_be_said_hide_no_others(bare, client, monkeypatch):
    monkeypatch.setattr("search.insight.cases.AT_A_TIME", 1)
    silent = [Product.objects.create(sku=sku, title=sku) for sku in ("N-1", "N-2")]  # without a vector
    for product in silent:
        product.images.create(source="a.jpg", status="indexed")
    assert next_case("suggestions", bare.pk) == LookedThrough(silent[0].pk)
    assert next_case("suggestions", silent[1].pk).at == bare.pk  # behind the last comes the first
    client.force_login(person("catalog-admin", username="ada"))
    page = client.get(f"{PAGE}suggestions/?after={bare.pk}").content.decode()
    assert "Nothing sure so far" in page and f'href="?after={silent[0].pk}"' in page
