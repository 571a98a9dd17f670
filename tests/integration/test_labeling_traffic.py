"""A query set from real searches: from each corner, without private data, and gone with the photo."""

import random
import uuid

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import storages

from labeling.assign import next_screens
from labeling.export.from_verdicts import pairs_from_verdicts
from labeling.export.golden import from_projects
from labeling.judge import Said, judge
from labeling.models import Query, QueryBatch
from labeling.traffic import Asked, draw, sample_traffic
from search import photos
from search.consent import blur_kept
from search.models import QueryLog
from tests import verdicts
from tests.conftest import picture
from tests.people import person
from tests.search_catalog import make_catalog

pytestmark = pytest.mark.django_db


def searched(text: str = "", token: str = "", **asked) -> None:
    kind = "text" if not token else "photo+text" if text else "photo"
    QueryLog.objects.create(asked={"kind": kind, "text": text or None, **asked}, photo_token=token)


def kept(seed: int, consented: bool = True) -> str:
    return photos.keep(photos.decode(picture(seed=seed)), (), True, consented)


def test_each_stratum_has_its_turn():
    many = [Asked(f"a{n}", "text", "", None, None, ("text", "Lamp", True)) for n in range(50)]
    few = [
        Asked("b", "text", "", None, None, ("text", "Sofa", False)),
        Asked("c", "photo", "", None, None, ("p", "", False)),
    ]
    drawn = draw(many + few, 6, random.Random(1))
    assert len(drawn) == 6 and {"b", "c"} < {each.name for each in drawn}
    assert len(draw(few, 60, random.Random(1))) == 2


def test_what_may_be_drawn_and_what_may_not():
    left, alone = kept(1), kept(2, consented=False)
    blur_kept()
    unblurred = kept(3)
    for token in (left, alone, unblurred):
        searched(token=token, bbox=[1.0, 2.0, 30.0, 40.0], sees="Chair")
    searched("Round  table"), searched("round table"), searched("ask ada@example.com")
    batch = sample_traffic(20, "Real", seed=1)
    assert batch.origin == "traffic"
    photo, words = batch.queries.order_by("type")
    assert (words.type, words.text) == ("text", "round table")
    assert (photo.type, photo.bbox, photo.category) == ("photo", [1.0, 2.0, 30.0, 40.0], "Chair")
    assert storages["private"].exists(photo.photo) and left not in photo.name


def test_a_photo_that_is_taken_back_is_gone_from_the_raters_too():
    token = kept(1)
    blur_kept()
    searched(token=token)
    sample_traffic(5, "Real")
    name = Query.objects.get().photo
    photos.discard(token)
    assert not storages["private"].exists(name)


def test_nobody_is_asked_about_a_photo_that_is_taken_back(settings, tmp_path):
    settings.SIGHTLINE_GOLDEN_DIR = tmp_path
    token = kept(1)
    blur_kept()
    searched(token=token, bbox=[1.0, 2.0, 30.0, 40.0])
    batch = sample_traffic(5, "Real")
    words = verdicts.text_query(batch, "words", "green chair")
    grading = verdicts.project("grade", "Real", batch, k=2)
    shop = make_catalog(2)
    gone = verdicts.task(grading, batch.queries.get(type="photo"), shop.products[0])
    stays = verdicts.task(grading, words, shop.products[1])
    verdicts.say(gone, "0"), verdicts.say(stays, "4", "4")
    rater = User.objects.create_user("late")
    (screen,) = next_screens(grading, rater.pk)
    photos.discard(token)
    assert next_screens(grading, rater.pk) == []
    assert judge(rater.pk, Said(uuid.uuid4(), screen[0].pk, "0")).assignment.state == "late"
    assert from_projects("real", [grading], "ann").queries == 1
    assert pairs_from_verdicts() == []


def test_a_lead_draws_on_a_page(client):
    client.force_login(person("lead"))
    nothing = client.post("/label/queries/draw/", {"name": "Real", "size": "5"})
    assert nothing.status_code == 422 and b"nothing to draw from" in nothing.content
    searched("round table")
    assert client.get("/label/queries/draw/").status_code == 200
    page = client.post("/label/queries/draw/", {"name": "Real", "size": "5"}, follow=True).content.decode()
    assert "holds 1 query" in page and QueryBatch.objects.get().name == "Real"
    assert b"of this name already" in client.post("/label/queries/draw/", {"name": "Real", "size": "5"}).content
