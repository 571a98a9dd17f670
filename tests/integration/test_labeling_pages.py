"""The doors of judging: who may enter, what a rater can learn from a page, and what works without scripts."""

import json
import re
import uuid

import pytest
from django.urls import reverse

from labeling.models import Assignment, Project, Query, Task, Verdict
from labeling.pictures import keep_picture, picture_url
from labeling.types import Item
from tests import judging
from tests.conftest import picture
from tests.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return judging.project(tasks=6, k=1)


@pytest.fixture
def rater(client):
    user = person("rater")
    client.force_login(user)
    return user


def address(name: str, project: Project) -> str:
    return reverse(name, args=[project.pk])


def send(client, project: Project, *entries: dict, have=()) -> dict:
    body = {"entries": [{"id": str(uuid.uuid4()), **entry} for entry in entries], "have": list(have)}
    response = client.post(address("label_sync", project), json.dumps(body), content_type="application/json")
    assert response.status_code == 200, response.content
    return response.json()


LEADS_ONLY = ("label_new", "label_project", "label_edit_guideline", "label_move")


@pytest.mark.parametrize(
    "name", ["labeling", "label_judge", "label_sync", "label_guideline", "label_photo", "label_picture", *LEADS_ONLY]
)
def test_who_may_enter(client, project, name):
    wanted = {
        "labeling": [], "label_new": [], "label_move": [project.pk, "close"],
        "label_picture": [keep_picture(picture()).rpartition("/")[2].removesuffix(".jpg")],
        "label_photo": [with_photo().pk],
    }.get(name, [project.pk])  # fmt: skip
    page = reverse(name, args=wanted)
    stranger = client.get(page)
    assert stranger.status_code == 401 if name == "label_sync" else stranger.url.startswith("/sign-in/")
    for role, allowed in (("catalog-admin", False), ("rater", name not in LEADS_ONLY), ("lead", True)):
        client.force_login(person(role))
        assert client.get(page).status_code == (200 if allowed else 403), role
        client.logout()


def with_photo() -> Query:
    query = Query.objects.last()
    query.photo, query.width, query.height, query.type = keep_picture(picture(3)), 240, 200, "photo+text"
    query.save()
    return query


def test_a_page_tells_nothing_of_the_systems(client, rater, project):
    """Sides apart, what is sent is the same whichever system is on the left: source, order, names, headers."""
    for name, list_of in (("left", "list_a"), ("right", "list_b")):
        for row in Task.objects.all():
            result = getattr(row, list_of)
            items = [
                judging.item(number, picture=keep_picture(picture(number + 3 * (name == "left")))) for number in (1, 2)
            ]
            result.items = [item.as_json() for item in items]
            result.bundle_id, result.generation_id = "bundle-x-0.9", "20260101-000000-abcdef"
            result.save()
    with_photo()
    seen = {}
    for swapped in (False, True):
        client.get(address("label_judge", project))
        Assignment.objects.update(swapped=swapped)
        response = client.get(address("label_judge", project))
        body = response.content.decode()
        for secret in ("system-a", "system-b", "bundle-x", "20260101", "list_a", "list_b", "gold", "repeat", "SKU-"):
            assert secret not in body
        assert not any("system" in value or "bundle" in value for value in response.headers.values())
        seen[swapped] = (pictures(body), stripped(body), sorted(response.headers))
        fragments = json.dumps(send(client, project))
        for secret in ("system-a", "system-b", "bundle", "generation", "gold", "repeat"):
            assert secret not in fragments.replace("project", "")
    assert seen[False][0] == seen[True][0][2:] + seen[True][0][:2] and len(seen[False][0]) == 4
    assert seen[False][1:] == seen[True][1:]


def pictures(body: str) -> list[str]:
    return re.findall(r'src="(/label/pictures/[^"]+)"', body)


def stripped(body: str) -> str:
    """Without what differs each time: tokens, times, ids, and which picture is where."""
    tokens = r'name="csrfmiddlewaretoken" value="[^"]+"|data-csrf="[^"]+"|name="shown" value="[^"]+"'
    return re.sub(rf"{tokens}|/label/pictures/\w+|[0-9a-f]{{8}}-[0-9a-f-]{{27}}", "", body)


def test_pictures_may_be_kept_and_others_are_not_served(client, rater):
    kept = client.get(picture_url(keep_picture(picture(1))))
    assert kept["Cache-Control"].startswith("private") and kept["Content-Type"] == "image/jpeg"
    for wrong in ("0" * 64, "..%2F..%2Fsecret", "labeling"):
        assert client.get(f"/label/pictures/{wrong}/").status_code == 404
    assert client.get("/label/photos/123456789/").status_code == 404


def press(client, project, value: str, **more):
    page = client.get(address("label_judge", project)).content.decode()
    (assignment,) = set(re.findall(r'value="(\d+):left"', page))
    (verdict_id,) = re.findall(rf'name="id-{assignment}" value="([^"]+)"', page)
    data = {"say": f"{assignment}:{value}", f"id-{assignment}": verdict_id, "shown": "1", **more}
    return client.post(address("label_judge", project), data, follow=True)


def test_judging_undoing_and_skipping_by_plain_forms(client, rater, project):
    for value in ("left", "tie", "skip"):
        assert press(client, project, value, reason=["shape"]).status_code == 200
    assert list(Verdict.objects.order_by("received_at").values_list("value", flat=True)) == ["left", "tie", "skip"]
    client.post(address("label_judge", project), {"undo": "1"})
    client.post(address("label_judge", project), {"undo": "1"})
    assert Assignment.objects.filter(state="leased").count() == 3  # both, and the one that was on the page
    press(client, project, "both_bad")
    assert Verdict.objects.order_by("-received_at")[0].value == "both_bad"
    done = client.post(address("label_judge", project), {"say": "nonsense"}, follow=True)
    assert "no verdict for this kind" in done.content.decode()


def test_a_form_that_is_sent_twice_counts_once(client, rater, project):
    page = client.get(address("label_judge", project)).content.decode()
    assignment, verdict_id = re.search(r'name="id-(\d+)" value="([^"]+)"', page).groups()
    for _ in range(2):
        data = {"say": f"{assignment}:left", f"id-{assignment}": verdict_id, "shown": "1"}
        client.post(address("label_judge", project), data)
    assert Verdict.objects.count() == 1


def test_when_all_is_done_the_page_says_so(client, rater):
    project = judging.project(tasks=1, k=1)
    press(client, project, "left")
    assert "All of it is judged" in client.get(address("label_judge", project)).content.decode()
    client.force_login(person("lead"))
    Project.objects.update(state="paused")
    assert "paused or closed" in client.get(address("label_judge", project)).content.decode()


def test_the_script_sends_and_gets(client, rater, project):
    first = send(client, project)
    assert len(first["screens"]) == len(first["held"]) == 4 and first["progress"]["left"] == 6
    assignment = Assignment.objects.get(screen=first["held"][0]).pk
    entry = {"id": str(uuid.uuid4()), "assignment": assignment, "value": "left", "ms_taken": 900, "ago_ms": 5}
    for _ in range(2):  # its answer may have been lost
        answer = send(client, project, entry, have=first["held"])
        assert answer["results"][entry["id"]] == {"ok": True, "state": "done"}
    assert len(answer["screens"]) == 1 and first["held"][0] not in answer["held"]
    undo = {"id": str(uuid.uuid4()), "undo": entry["id"]}
    for _ in range(2):
        assert send(client, project, undo)["results"][undo["id"]] == {"ok": True, "screen": first["held"][0]}
    last = {"id": str(uuid.uuid4()), "undo_last": True}
    assert send(client, project, last)["results"][last["id"]]["code"] == "nothing-to-undo"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"entries": [1], "have": []}',
        '{"entries": [{"id": "x"}], "have": []}',
        '{"entries": 3}',
        "[" * 9999,
    ],
)
def test_what_no_page_sends_is_refused(client, rater, project, body):
    response = client.post(address("label_sync", project), body, content_type="application/json")
    assert response.status_code == 400 and response.json()["code"] == "not-understood"


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"assignment": "x", "value": "left"},
        {"assignment": 10**30, "value": "left"},
        {"assignment": 1, "value": "left", "ms_taken": 1e400},
        {"assignment": 1, "value": ["left"]},
        {"undo": "x"},
        {"undo": str(uuid.uuid4())},
    ],
)
def test_an_entry_that_is_wrong_is_answered_and_harms_no_other(client, rater, project, entry):
    held = send(client, project)["held"]
    good = {"id": str(uuid.uuid4()), "assignment": Assignment.objects.get(screen=held[0]).pk, "value": "tie"}
    bad = {"id": str(uuid.uuid4()), **entry}
    results = send(client, project, bad, good)["results"]
    assert results[bad["id"]]["ok"] is False and results[good["id"]]["ok"] is True


def test_a_script_that_is_signed_out_is_told_so(client, project):
    response = client.post(address("label_sync", project), "{}", content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (401, "signed-out")


def test_lists_take_as_many_queries_as_ever(client, rater, project, django_assert_max_num_queries):
    for _ in range(4):
        judging.project(tasks=2)
    with django_assert_max_num_queries(9):
        assert client.get(reverse("labeling")).content.decode().count("Start") == 5
    with django_assert_max_num_queries(40):
        client.get(address("label_judge", project))
    grade = judging.project("grade", tasks=4, k=1)
    send(client, grade)
    with django_assert_max_num_queries(22):  # nothing new to lease: however many results lie on the screens
        assert len(send(client, grade)["screens"]) == 4


def test_a_lead_pauses_opens_and_closes(client, project):
    client.force_login(person("lead"))
    for verb, state in (("pause", "paused"), ("resume", "open"), ("close", "closed")):
        client.post(reverse("label_move", args=[project.pk, verb]))
        assert Project.objects.get(pk=project.pk).state == state
    again = client.post(reverse("label_move", args=[project.pk, "resume"]), follow=True)
    assert "as it stands" in again.content.decode() and Project.objects.get().state == "closed"
    assert client.post(reverse("label_move", args=[project.pk, "explode"])).status_code == 404


def test_guidelines_get_a_new_version_and_verdicts_keep_theirs(client, rater, project):
    press(client, project, "left")
    client.force_login(person("lead"))
    page = address("label_edit_guideline", project)
    upload = judging.upload("example.jpg", picture(5))
    client.post(page, {"text": "Look twice.", "picture": upload, "caption": "Like this", "good": "no"})
    latest = Project.objects.get().guideline
    assert (latest.version, latest.text, latest.examples[0]["caption"]) == (2, "Look twice.", "Like this")
    assert Verdict.objects.get().guideline.version == 1
    shown = client.get(address("label_guideline", project)).content.decode()
    assert "Look twice." in shown and latest.examples[0]["picture"][-68:-4] in shown
    wrong = client.post(page, {"text": "", "picture": judging.upload("x.jpg", b"no picture"), "good": "yes"})
    assert wrong.status_code == 422 and Project.objects.get().guideline == latest
    client.post(page, {"text": "Look twice.", "strike": "0", "good": "yes"})
    assert Project.objects.get().guideline.examples == []


def test_an_item_of_a_later_version_can_be_read():
    assert Item.from_json(judging.item(1).as_json() | {"colour": "red"}) == judging.item(1)
