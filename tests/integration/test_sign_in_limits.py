"""Guessing passwords: stopped after a few, for one name from one address, on the page and in the API alike."""

from base64 import b64encode

import pytest
from django.test import Client
from rest_framework.throttling import ScopedRateThrottle, SimpleRateThrottle

from tests.integration.test_catalog_api import assert_problem
from tests.people import person

pytestmark = pytest.mark.django_db
SECRET = "a long secret"


@pytest.fixture(autouse=True)
def ada(settings):
    settings.AXES_ENABLED = True
    user = person("catalog-admin", username="ada")
    user.set_password(SECRET)
    user.save()
    return user


def sign_in(password: str, name: str = "ada", address: str = "192.0.2.1", **headers):
    return Client(REMOTE_ADDR=address).post("/sign-in/", {"username": name, "password": password}, headers=headers)


def basic(password: str, name: str = "ada", address: str = "192.0.2.1"):
    headers = {"authorization": "Basic " + b64encode(f"{name}:{password}".encode()).decode()}
    return Client(REMOTE_ADDR=address).get("/api/v1/products", headers=headers)


def test_after_five_wrong_passwords_not_even_the_right_one_is_looked_at(settings):
    answers = [sign_in("wrong").status_code for _ in range(settings.AXES_FAILURE_LIMIT)]
    assert answers[:-1] == [200] * 4
    locked = sign_in(SECRET)
    assert locked.status_code == 429 and locked["Retry-After"] == "900"
    assert "Too many wrong passwords for this name. Try again in 15 minutes." in locked.content.decode()
    assert sign_in(SECRET, address="192.0.2.2").status_code == 302  # the real one, from elsewhere
    assert sign_in("wrong", name="bob").status_code == 200


def test_a_made_up_forwarded_address_is_not_believed(settings):
    for number in range(settings.AXES_FAILURE_LIMIT):
        sign_in("wrong", **{"X-Forwarded-For": f"198.51.100.{number}"})
    assert sign_in(SECRET, **{"X-Forwarded-For": "198.51.100.9"}).status_code == 429


def test_success_counts_from_the_start(settings):
    for _ in range(2):
        for _ in range(settings.AXES_FAILURE_LIMIT - 1):
            sign_in("wrong")
        assert sign_in(SECRET).status_code == 302


def test_the_api_counts_too(settings):
    for _ in range(settings.AXES_FAILURE_LIMIT):
        basic("wrong")
    problem = assert_problem(basic(SECRET), 429)
    assert "Too many wrong passwords" in problem["detail"]


def test_one_address_cannot_try_many_names(monkeypatch):
    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"sign-ins": "3/min"})
    answers = [sign_in("wrong", name=f"name-{number}") for number in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "Too many tries from your network." in answers[3].content.decode()
    assert sign_in(SECRET, address="192.0.2.2").status_code == 302


def test_nor_can_it_at_the_api_where_right_ones_are_not_counted(monkeypatch):
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"sign-ins": "3/min", "searches": "9/min"})
    assert [basic(SECRET).status_code for _ in range(5)] == [200] * 5
    answers = [basic("wrong", name=f"name-{number}").status_code for number in range(4)]
    assert answers == [401, 401, 401, 429]
    assert_problem(basic(SECRET), 429)
    assert sign_in(SECRET).status_code == 429
    assert basic(SECRET, address="192.0.2.2").status_code == 200
