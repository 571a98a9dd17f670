"""Tokens: what a program may do with one, who makes and revokes them, and what is kept of them."""

from datetime import timedelta

import pytest
from django.core import serializers
from django.test import Client
from django.utils import timezone

from access import tokens
from access.models import Token
from catalog.models import Product
from tests.integration.test_catalog_api import assert_problem
from tests.people import person

pytestmark = pytest.mark.django_db
PAGE = "/manage/tokens/"
READ, WRITE = ["catalog:read"], ["catalog:read", "catalog:write"]


@pytest.fixture
def ada():
    return person("catalog-admin", username="ada")


def ask(secret: str, method: str = "get", path: str = "products", body: dict | None = None):
    headers = {"authorization": f"Bearer {secret}"}
    client = Client(enforce_csrf_checks=True)
    return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def test_a_token_does_what_its_scopes_say(ada):
    _, reading = tokens.make_token(ada, "reads", READ, None)
    _, writing = tokens.make_token(ada, "writes", WRITE, None)
    assert ask(reading).status_code == 200
    problem = assert_problem(ask(reading, "post", "products", {"sku": "A", "title": "A"}), 403)
    assert (problem["code"], problem["detail"]) == ("missing-scope", "This token was not made for catalog:write.")
    assert not Product.objects.exists()
    assert ask(writing, "post", "products", {"sku": "A", "title": "A"}).status_code == 201
    assert_problem(ask(reading, "delete", "products/A"), 403)
    assert Product.objects.exists()


def test_a_token_may_no_more_than_its_person(ada):
    _, secret = tokens.make_token(ada, "reads", READ, None)
    ada.groups.clear()
    assert_problem(ask(secret), 403)
    ada.is_active = False
    ada.save()
    assert_problem(ask(secret), 401)


@pytest.mark.parametrize("end", ["revoked_at", "expires_at"])
def test_what_has_ended_is_refused(ada, end):
    token, secret = tokens.make_token(ada, "reads", READ, None)
    Token.objects.update(**{end: timezone.now()})
    answer = ask(secret)
    assert_problem(answer, 401)
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert_problem(ask(""), 401)
    assert_problem(ask("sl_\xe9\u20ac".encode("latin-1", "replace").decode("latin-1")), 401)


def test_nothing_in_the_database_is_the_token(ada):
    token, secret = tokens.make_token(ada, "reads", READ, None)
    kept = serializers.serialize("json", Token.objects.all())
    assert secret not in kept and secret.removeprefix(token.prefix) not in kept
    assert token.prefix in kept and len(token.prefix) < 12


def test_its_use_is_noted_once_a_minute(ada, django_assert_num_queries):
    token, secret = tokens.make_token(ada, "reads", READ, None)
    ask(secret)
    first = Token.objects.get().last_used_at
    ask(secret)
    assert first and Token.objects.get().last_used_at == first
    Token.objects.update(last_used_at=first - timedelta(minutes=2))
    ask(secret)
    assert Token.objects.get().last_used_at > first


def test_the_page_makes_one_and_shows_it_once(client, ada):
    client.force_login(ada)
    page = client.post(PAGE, {"name": "Stock sync", "scopes": WRITE, "days": "30"})
    secret = page.context["secret"]
    assert secret in page.content.decode() and page["Cache-Control"].startswith("max-age=0")
    assert ask(secret).status_code == 200
    token = Token.objects.get()
    assert timedelta(days=29) < token.expires_at - timezone.now() < timedelta(days=31)
    assert secret not in client.get(PAGE).content.decode() and token.prefix in client.get(PAGE).content.decode()


@pytest.mark.parametrize("wrong", [{"name": ""}, {"scopes": []}, {"scopes": ["everything"]}, {"days": "9999"}])
def test_what_is_not_filled_in_is_said(client, ada, wrong):
    client.force_login(ada)
    page = client.post(PAGE, {"name": "Stock sync", "scopes": WRITE, "days": "30", **wrong})
    assert page.status_code == 422 and 'role="alert"' in page.content.decode() and not Token.objects.exists()


def test_everybody_revokes_their_own_and_the_owner_all(client, ada):
    token, secret = tokens.make_token(ada, "reads", READ, None)
    client.force_login(person("catalog-admin", username="bob"))
    assert "reads" not in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}{token.pk}/revoke/").status_code == 404 and ask(secret).status_code == 200
    client.force_login(person("owner"))
    assert "reads" in client.get(PAGE).content.decode()
    assert client.post(f"{PAGE}{token.pk}/revoke/").url == PAGE
    assert_problem(ask(secret), 401)


def test_who_can_hand_on_nothing_has_no_page(client):
    client.force_login(person("rater"))
    assert client.get(PAGE).status_code == 403
