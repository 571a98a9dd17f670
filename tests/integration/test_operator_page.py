"""The operator's page: who sees it, what it says, what its buttons do."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.services import category_for
from search.build.register import register_bundle
from search.models import Bundle, Generation, Pin, ServingEvent
from search.overview.now import version
from search.web import operator as page_of_operator
from tests.outages import database  # noqa: F401 - a fixture
from tests.people import person

pytestmark = pytest.mark.django_db
PAGE = "/operator/index/"


@pytest.fixture
def operator(client):
    client.force_login(person("operator", username="ada"))
    return client


@pytest.fixture
def bundle() -> Bundle:
    return register_bundle()


def generation(bundle: Bundle, number: int, state: str, **fields) -> Generation:
    """A row as a build leaves it behind; its folder holds one whole shard file."""
    folder = settings.SIGHTLINE_INDEX_DIR / f"20250101-00000{number}-abcdef"
    (folder / "shard-0000").mkdir(parents=True, exist_ok=True)
    (folder / "shard-0000" / "vectors.f16").write_bytes(b"12345678")
    files = {"vectors.f16": {"bytes": 8, "sha256": ""}}
    manifest = {"shards": [{"name": "shard-0000", "kind": "exact", "rows": 3, "files": files}]}
    times = {"retired_at": timezone.now() - timedelta(hours=number)} if state == "retired" else {}
    values = {"rows": 3, "bytes_disk": 8, "manifest": manifest, "watermark": "1:1:", **times, **fields}
    return Generation.objects.create(id=folder.name, bundle=bundle, state=state, **values)


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


ADDRESSES = [
    ("get", PAGE),
    ("post", PAGE + "build/"),
    ("post", PAGE + "pins/"),
    ("post", PAGE + "pins/1/remove/"),
    ("post", PAGE + "generations/x/verify/"),
    ("post", PAGE + "generations/x/promote/"),
    ("get", PAGE + "generations/x/promote/"),
    ("post", PAGE + "bundles/x/share/"),
    ("post", PAGE + "bundles/x/retire/"),
]


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_strangers_sign_in_and_others_are_refused(client, method, address):
    response = getattr(client, method)(address)
    back = address if method == "get" else PAGE
    assert (response.status_code, response.url) == (302, f"{reverse('sign_in')}?next={back}")
    client.force_login(person("catalog-admin"))
    assert getattr(client, method)(address).status_code == 403
    assert not ServingEvent.objects.filter(actor="catalog-admin").exists() and not ProcrastinateJob.objects.exists()


def test_htmx_is_sent_to_sign_in_as_a_whole(client):
    response = client.get(PAGE, headers={"HX-Request": "true", "HX-Target": "now"})
    assert (response.status_code, response["HX-Redirect"]) == (204, f"{reverse('sign_in')}?next={PAGE}")


def test_actions_want_a_token(client, bundle):
    client.handler.enforce_csrf_checks = True
    client.force_login(person("operator", username="ada"))
    assert client.post(PAGE + "build/", {"kind": "build", "bundle": bundle.pk}).status_code == 403
    assert not ProcrastinateJob.objects.filter(task_name__endswith="_index").exists()


def test_without_a_bundle_it_says_so(operator):
    assert "Nothing can be searched" in text_of(operator.get(PAGE))


def test_without_a_generation_it_says_who_answers(operator, bundle):
    page = text_of(operator.get(PAGE))
    assert "No generation yet: all 0 pictures are answered from the hot tier." in page
    assert "Nothing is being built." in page and "Nothing has been done" not in page  # the bundle went live


def test_one_live_generation_and_its_shards(operator, bundle):
    live = generation(bundle, 1, "live", recall={"ok": True, "recall_at_10": 0.9876})
    page = text_of(operator.get(PAGE))
    assert live.pk in page and "0.9876" in page and "shard-0000" in page and '<span class="good">fine</span>' in page
    (settings.SIGHTLINE_INDEX_DIR / live.pk / "shard-0000" / "vectors.f16").write_bytes(b"1234")
    page = text_of(operator.get(PAGE))
    assert "vectors.f16 has 4 of 8 bytes" in page and "not everything is well" in page


def test_many_generations_take_no_more_queries_than_one(operator, bundle, django_assert_max_num_queries):
    generation(bundle, 1, "live")
    with django_assert_max_num_queries(26) as one:
        operator.get(PAGE)
    for number in range(2, 9):
        generation(bundle, number, "retired")
    ServingEvent.objects.bulk_create(ServingEvent(verb="promote", actor="ada") for _ in range(50))
    with django_assert_max_num_queries(len(one.captured_queries)):
        page = text_of(operator.get(PAGE))
    assert page.count("Roll back to it") == 1  # to the one that was retired last


def test_a_failed_one_shows_why_in_words(operator, bundle):
    generation(bundle, 1, "failed", error="The disk is full: 12 GB are needed, 3 GB are free.")
    generation(bundle, 2, "failed", recall={"ok": False, "reasons": ["recall@10 is 0.41, the floor is 0.95"]})
    page = text_of(operator.get(PAGE))
    assert "The disk is full" in page and "recall@10 is 0.41" in page


def test_progress_is_a_part_of_its_own(operator, bundle):
    progress = {"stage": "training shard 1 of 2", "done": 250, "total": 1000}
    generation(bundle, 1, "building", progress=progress, heartbeat_at=timezone.now())
    part = text_of(operator.get(PAGE, headers={"HX-Request": "true", "HX-Target": "now"}))
    assert "Training shard 1 of 2" in part and "250 of 1,000 · 25%" in part and 'value="25"' in part
    assert "<html" not in part and "<form" not in part and "silent" not in part
    Generation.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    assert "its builder is silent" in text_of(operator.get(PAGE, headers={"HX-Request": "true", "HX-Target": "now"}))


def test_what_changes_while_it_is_read_is_fetched_later(operator, bundle, monkeypatch):
    """Its version may be older than the list, never newer: the page would take an old list for the latest."""
    generation(bundle, 1, "ready")
    read = page_of_operator.generations

    def and_then_it_fails():
        lines = read()
        Generation.objects.update(state="failed")
        return lines

    monkeypatch.setattr(page_of_operator, "generations", and_then_it_fails)
    part = text_of(operator.get(PAGE, headers={"HX-Request": "true", "HX-Target": "panels"}))
    assert '<span class="mark-state ready">' in part
    assert re.search(r'data-version="(\w+)"', part)[1] != version()


@pytest.mark.parametrize("kind", ["build", "merge"])
def test_build_and_merge_are_the_workers_jobs(operator, bundle, kind):
    page = text_of(operator.post(PAGE + "build/", {"kind": kind, "bundle": bundle.pk}, follow=True))
    job = ProcrastinateJob.objects.get(task_name=f"search.{kind}_index")
    assert (job.args["bundle_id"], job.args["actor"]) == (bundle.pk, "ada")
    assert f"The worker will {kind} a generation." in page and "waits for its turn" in page


def test_a_build_of_what_is_not_there_is_refused_in_words(operator, bundle):
    page = text_of(operator.post(PAGE + "build/", {"kind": "build", "bundle": "nothing"}, follow=True))
    assert "There is no such bundle." in page
    assert not ProcrastinateJob.objects.filter(task_name="search.build_index").exists()


def test_verify_is_the_workers_job(operator, bundle):
    ready = generation(bundle, 1, "ready")
    operator.post(f"{PAGE}generations/{ready.pk}/verify/")
    assert ProcrastinateJob.objects.get(task_name="search.verify_index").args["generation_id"] == ready.pk


def test_a_share_of_the_visitors(operator, bundle):
    shadow = Bundle.objects.create(id="next-1.0", dim=bundle.dim, state=Bundle.State.SHADOW, share=0.05)
    assert "5% of the visitors" not in text_of(operator.get(PAGE))
    page = text_of(operator.post(f"{PAGE}bundles/{shadow.pk}/share/", {"percent": "12.5"}, follow=True))
    shadow.refresh_from_db()
    assert shadow.share == 0.125 and "12.5% of the visitors are answered by next-1.0" in page
    assert ServingEvent.objects.filter(verb="bundle shadow", actor="ada", bundle_id=shadow.pk).exists()
    page = text_of(operator.post(f"{PAGE}bundles/{shadow.pk}/share/", {"percent": "120"}, follow=True))
    shadow.refresh_from_db()
    assert shadow.share == 0.125 and "less than or equal to 100" in page


def test_pins(operator, bundle):
    category = category_for("Furniture > Chair")
    page = text_of(operator.post(PAGE + "pins/", {"category": category.pk}, follow=True))
    pin = Pin.objects.get()
    assert pin.category == category and "Furniture &gt; Chair stays in the hot tier." in page
    operator.post(f"{PAGE}pins/{pin.pk}/remove/")
    assert not Pin.objects.exists()
    assert list(ServingEvent.objects.filter(actor="ada").values_list("verb", flat=True)) == ["pin", "unpin"]


def test_removing_is_asked_first_and_recorded(operator, bundle):
    generation(bundle, 1, "live")
    old = generation(bundle, 2, "retired", bytes_disk=3 * 2**20)
    address = f"{PAGE}generations/{old.pk}/retire/"
    page = text_of(operator.get(address))
    assert "(3.0 MB) are deleted" in page and "nothing left to roll back to" in page
    assert Generation.objects.filter(pk=old.pk).exists()
    refused = operator.post(address)
    assert refused.status_code == 409 and "Give a reason" in text_of(refused)
    assert operator.post(address, {"reason": "broken disk"}).url == PAGE
    assert not Generation.objects.filter(pk=old.pk).exists()
    event = ServingEvent.objects.get(verb="retire")
    assert (event.actor, event.generation_id, event.detail["reason"]) == ("ada", old.pk, "broken disk")


def test_a_refusal_is_shown_where_it_was_asked(operator, bundle):
    live = generation(bundle, 1, "live")
    response = operator.post(f"{PAGE}generations/{live.pk}/promote/")
    assert response.status_code == 409 and "is live" in text_of(response)
    assert operator.get(f"{PAGE}generations/{live.pk}/explode/").status_code == 404
    assert operator.get(f"{PAGE}generations/nothing/promote/").status_code == 404


def test_a_bundle_that_is_not_ready_says_why_and_wants_a_reason(operator, bundle):
    shadow = Bundle.objects.create(id="next-1.0", dim=bundle.dim, state=Bundle.State.SHADOW)
    address = f"{PAGE}bundles/{shadow.pk}/promote/"
    page = text_of(operator.get(address))
    assert "Against it: its files are not on this machine." in page and 'name="reason"' in page
    refused = operator.post(address, {"reason": "I know better"})
    assert refused.status_code == 409 and "its files are not on this machine" in text_of(refused)
    assert Bundle.objects.get(state=Bundle.State.LIVE) == bundle


def test_a_bundle_that_nothing_leads_back_to(operator, bundle):
    response = operator.post(f"{PAGE}bundles/{bundle.pk}/rollback/")
    assert response.status_code == 409 and "no retired bundle" in text_of(response)


def test_removing_a_bundle_is_left_to_the_worker(operator, bundle):
    other = Bundle.objects.create(id="next-1.0", dim=bundle.dim, state=Bundle.State.BUILDING)
    page = text_of(operator.post(f"{PAGE}bundles/{other.pk}/retire/", follow=True))
    other.refresh_from_db()
    assert other.state == Bundle.State.REMOVING and "next-1.0 is being removed." in page
    assert ServingEvent.objects.filter(verb="bundle retire", actor="ada", bundle_id=other.pk).exists()


def test_while_the_database_is_away_it_says_so(operator, bundle, database):  # noqa: F811
    database.away()
    response = operator.get(PAGE)
    assert response.status_code == 503 and "cannot be reached right now" in text_of(response)


def test_the_admin_leads_to_it(client):
    client.force_login(person("operator", "catalog-admin"))
    assert f'href="{PAGE}"' in text_of(client.get("/admin/"))
