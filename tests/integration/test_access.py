"""Every URL with every method for every role: what is denied is denied, and nothing has changed. So for websockets."""

import asyncio
import re
from collections.abc import Iterable, Iterator
from copy import copy

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

from access.scopes import SCOPES
from access.tokens import make_token
from tests import access_matrix
from tests.people import person
from webapp.roles import NAMES
from webapp.sockets import ROUTES, sockets

FORM = "application/x-www-form-urlencoded"
SOON_S = 60
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
REFUSED = (401, 403, 405)
SIGN_IN = ("/sign-in/", "/admin/login/")
ARGUMENT = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>")
CHECKSUMS = """
    SELECT format('SELECT %L, count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM %I t',
                  relname, relname)
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""


def routes(resolver=None, before: str = "") -> Iterator[str]:
    """Every URL as urls.py writes it, "products/<int:product_id>/"."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern) and not isinstance(entry.pattern, RegexPattern):
            yield route
        elif "admin/" not in before:  # Django's own two are a list of what the others hold, and a 404
            raise AssertionError(f"{route} is a regular expression. Write it with path(), so that it can be tested.")


def who_may(route: str) -> frozenset[str] | None:
    for beginning, roles in access_matrix.DOORS:
        if route == beginning.removesuffix("$") or (not beginning.endswith("$") and route.startswith(beginning)):
            return roles
    return None


def address(route: str, samples: dict[str, object]) -> str:
    def value(found: re.Match) -> str:
        sample = samples.get(found["name"], "x" if found["kind"] in (None, "str", "slug", "path") else 1)
        if isinstance(sample, dict):
            sample = next((one for beginning, one in sample.items() if route.startswith(beginning)), 1)
        return str(sample)

    return "/" + ARGUMENT.sub(value, route)


def checksums() -> dict[str, tuple]:
    """Of every table: how many rows it has, and the sum of their hashes."""
    with connection.cursor() as cursor:
        cursor.execute(CHECKSUMS)
        cursor.execute(" UNION ALL ".join(line for (line,) in cursor.fetchall()))
        return {table: (rows, total) for table, rows, total in cursor.fetchall()}


def test_every_url_has_a_line():
    without = [route for route in routes() if who_may(route) is None]
    assert lines(without) == "", "Say in tests/access_matrix.py who may enter these."


def lines(found: Iterable[str]) -> str:
    """One below the other: pytest shortens lists."""
    return "\n".join(sorted(found))


def client_of(role: str) -> Client:
    client = Client()
    if role != "shopper":
        client.force_login(person(role))
    return client


def refused(client: Client, response) -> bool:
    """Also a redirect to what refuses: Django's admin redirects before it looks."""
    if response.status_code == 302:
        page = response.url.partition("?")[0]
        return page in SIGN_IN or (page.startswith("/admin/") and refused(client, client.get(response.url)))
    return response.status_code in REFUSED


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["shopper", *NAMES])
def test_what_is_denied_is_denied_and_changes_nothing(role, settings):
    settings.SIGHTLINE_FETCH_ALLOW = ["127.0.0.1"]
    samples, client = access_matrix.samples(), client_of(role)
    denied = [route for route in routes() if role not in (who_may(route) or ())]
    before = checksums()
    entered = [
        f"{method} {route} {response.status_code}"
        for route in denied
        for method in METHODS
        if not refused(client, response := client.generic(method, address(route, samples), b"", FORM))
    ]
    assert lines(entered) == "", f"{role} is let in. If that is right, say so in tests/access_matrix.py."
    after = checksums()
    changed = [table for table in before if before[table] != after[table]]
    assert changed == [], f"{role} is refused, and yet these tables are not what they were."


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["shopper", *NAMES])
def test_what_is_allowed_is_allowed(role, settings):
    settings.SIGHTLINE_FETCH_ALLOW = ["127.0.0.1"]
    samples, client = access_matrix.samples(), client_of(role)
    allowed = [route for route in routes() if role in (who_may(route) or ())]
    shut = [route for route in allowed if not enters(client, address(route, samples))]
    assert lines(set(shut) - access_matrix.PICKY) == "", f"{role} should be let in by the table, and is not."


@pytest.mark.django_db
@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_opens_what_its_scope_says_and_nothing_else(scope, settings):
    settings.SIGHTLINE_FETCH_ALLOW = ["127.0.0.1"]
    samples = access_matrix.samples()
    _, secret = make_token(person("owner"), "A program", [scope], None)
    client = Client(headers={"authorization": f"Bearer {secret}"})
    client.get("/api/v1/products")  # notes the token's use
    opened, before = set(), checksums()
    guarded = [route for route in routes() if who_may(route) != access_matrix.ANYBODY]
    for route in guarded:
        for method in ("GET", "POST", "PATCH", "DELETE"):
            with transaction.atomic():
                response = client.generic(method, address(route, samples), b"{}", "application/json")
                transaction.set_rollback(not_refused := not refused(client, response))
            if not_refused:
                opened.add((method, route))
    assert checksums() == before
    wrong = {(method, route) for method, route in opened if scope_of(method, route) != scope}
    assert lines(f"{method} {route}" for method, route in wrong) == ""
    assert {route for _, route in opened} == {route for route in guarded if scope in scopes_of(route)}


def scopes_of(route: str) -> set[str]:
    """Those that open any of its methods."""
    return set(next((scopes for beginning, *scopes in access_matrix.SCOPES if route.startswith(beginning)), ()))


def scope_of(method: str, route: str) -> str:
    found = next((one for one in access_matrix.SCOPES if route.startswith(one[0])), ("", "", ""))
    return found[1] if method == "GET" else found[2]


def enters(client: Client, path: str) -> bool:
    """By any method that doors are made for. What that does is undone; who signs out by it is signed in again."""
    cookies = copy(client.cookies)
    for method in ("GET", "POST", "PATCH"):
        with transaction.atomic():
            response = client.generic(method, path, b"", FORM)
            transaction.set_rollback(True)
        client.cookies = copy(cookies)
        if not refused(client, response):
            return True
    return False


def socket_paths() -> list[str]:
    return [str(route.pattern) for route in ROUTES if str(route.pattern)]


def test_every_socket_has_a_line():
    assert set(socket_paths()) == set(access_matrix.SOCKETS)


@pytest.mark.django_db(transaction=True)
def test_sockets_let_in_whom_they_should(settings):
    settings.SIGHTLINE_FETCH_ALLOW = ["127.0.0.1"]
    cookies = {role: cookie_of(role) for role in ("shopper", *NAMES)}
    samples = access_matrix.samples()

    async def knock(path: str, role: str) -> bool:
        headers = [(b"origin", b"http://localhost"), (b"host", b"localhost"), (b"cookie", cookies[role])]
        scope = {"type": "websocket", "path": path, "headers": headers, "subprotocols": []}
        socket = ApplicationCommunicator(sockets, scope)
        await socket.send_input({"type": "websocket.connect"})
        opened = (await socket.receive_output(SOON_S))["type"] == "websocket.accept"
        await socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await socket.wait(SOON_S)
        return opened

    async def knock_everywhere() -> dict[str, set[str]]:
        return {
            path: {role for role in cookies if await knock(address(path, samples), role)} for path in socket_paths()
        }

    assert asyncio.run(knock_everywhere()) == {path: set(roles) for path, roles in access_matrix.SOCKETS.items()}


def cookie_of(role: str) -> bytes:
    client = client_of(role)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}".encode() if name in client.cookies else b""
