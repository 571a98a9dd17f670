"""Django's admin opens, and what it changes goes the catalog's way."""

import pytest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Image, Offer, Product, Seller

pytestmark = pytest.mark.django_db


@pytest.fixture
def image():
    product = Product.objects.create(sku="A", title="Sofa")
    Offer.objects.create(product=product, seller=Seller.objects.create(name="S"), price=1)
    return Image.objects.create(product=product, source="a.jpg", file="products/a.jpg", status="failed", reason="gone")


@pytest.mark.parametrize("model", ["product", "image", "category", "seller"])
def test_lists_open(admin_client, image, model):
    response = admin_client.get(reverse(f"admin:catalog_{model}_changelist"), {"q": "a"})
    assert response.status_code == 200


def test_forms_open(admin_client, image):
    for name, pk in (("product", image.product_id), ("image", image.pk)):
        assert admin_client.get(reverse(f"admin:catalog_{name}_change", args=[pk])).status_code == 200


def test_a_failed_picture_is_tried_again(admin_client, image):
    data = {"action": "try_again", "_selected_action": [image.pk]}
    admin_client.post(reverse("admin:catalog_image_changelist"), data)
    image.refresh_from_db()
    assert (image.status, image.reason) == ("pending", "")
    assert ProcrastinateJob.objects.get().task_name == "catalog.inspect_image"


def test_products_are_blocked_together(admin_client, image):
    data = {"action": "block", "_selected_action": [image.product_id]}
    admin_client.post(reverse("admin:catalog_product_changelist"), data)
    assert Product.objects.get().blocked
