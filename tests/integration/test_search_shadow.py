"""A bundle on trial answers its share of the visitors, each of them always, and nobody else."""

import pytest
from django.test import Client

from search.build.embed import embed_image
from search.models import Bundle, QueryLog, QuerySample
from search.retrieve import follow
from search.serving import Serving, lot
from search.web.visitors import COOKIE
from tests.fake_bundles import make_bundle, make_item

pytestmark = pytest.mark.django_db
VISITORS = [f"visitor-number-{number:07}" for number in range(40)]


@pytest.fixture
def compared(settings, tmp_path) -> tuple[str, str]:
    """A live bundle and a shadow of it, which half of the visitors get."""
    settings.SIGHTLINE_BUNDLES_DIR = tmp_path
    live, shadow = make_bundle("live", 16), make_bundle("shadow", 24)
    Bundle.objects.create(id=live.id, dim=live.dim, state="live")
    Bundle.objects.create(id=shadow.id, dim=shadow.dim, state="shadow", share=0.5)
    for number in range(6):
        embed_image(make_item(number).pk)
    follow.catch_up()
    return live.id, shadow.id


def bundle_for(visitor: str | None) -> str:
    client = Client()
    if visitor is not None:
        client.cookies[COOKIE] = visitor
    return client.get("/api/v1/searches", {"q": "item 3"}).json()["bundle"]


def test_a_visitor_always_gets_the_same_bundle(compared):
    live, shadow = compared
    answered = {visitor: bundle_for(visitor) for visitor in VISITORS}
    assert answered == {visitor: bundle_for(visitor) for visitor in VISITORS}
    assert answered == {visitor: shadow if lot(visitor, shadow) < 0.5 else live for visitor in VISITORS}
    assert 10 < sum(bundle == shadow for bundle in answered.values()) < 30
    assert set(QueryLog.objects.values_list("bundle_id", flat=True)) == {live, shadow}


def test_pages_and_api_give_the_token_with_an_answer_while_bundles_are_compared(compared):
    live, shadow = compared
    assert bundle_for(None) == bundle_for("not a token") == live
    for path in ("/search/?q=item+3", "/api/v1/searches?q=item+3"):
        client = Client()
        given = client.get(path).cookies[COOKIE]
        assert given["httponly"] and given["samesite"] == "Lax"
        assert COOKIE not in client.get(path).cookies  # it has one now
    assert COOKIE not in Client().get("/").cookies  # nothing was searched
    Bundle.objects.filter(pk=shadow).update(share=0)
    follow.catch_up()
    assert COOKIE not in Client().get("/search/?q=item+3").cookies
    assert {bundle_for(visitor) for visitor in VISITORS} == {live}


def test_shares_are_as_large_as_they_say():
    serving = Serving("live", shadows=(("shadow", 0.2),))
    answered = [serving.answering(f"{number}") for number in range(5000)]
    assert 0.18 < answered.count("shadow") / 5000 < 0.22
    assert serving.answering(None) == "live"


def test_some_vectors_of_real_searches_are_kept(compared, settings, monkeypatch):
    settings.SIGHTLINE_SAMPLE_EVERY = 2
    monkeypatch.setattr("search.retrieve.samples.KEPT", 3)
    for _ in range(12):
        bundle_for(None)
    assert list(QuerySample.objects.values_list("bundle", flat=True)) == [compared[0]] * 3
