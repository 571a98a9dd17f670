"""Who may look after people comes into the admin, too, and finds nothing of the catalog there."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse

from catalog.models import Category, Product
from catalog.services import category_for
from tests.people import person

pytestmark = pytest.mark.django_db
PAGES = ("changelist", "add", "change", "delete", "history")


@pytest.fixture
def keeper(client):
    """Somebody with every permission on accounts, and no other."""
    user = person(username="keeper")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="auth"))
    client.force_login(user)
    assert client.get(reverse("admin:auth_user_changelist")).status_code == 200
    return client


@pytest.mark.parametrize("model", [model for model in admin.site._registry if model._meta.app_label == "catalog"])
@pytest.mark.parametrize("page", PAGES)
def test_no_page_of_the_catalog_opens(keeper, model, page):
    category = category_for("Lamps")
    Product.objects.create(sku="A", title="a", category=category)
    row = model.objects.first()
    known = [] if page in ("changelist", "add") else [row.pk if row else 1]
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=known)
    for send in (keeper.get, keeper.post):
        assert send(url, {"into": "", "post": "yes"}).status_code in (302, 403)
        assert Category.objects.get() == category
