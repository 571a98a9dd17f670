"""Reports, raters and disagreements as leads see them, and a rater's own figures."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from labeling.adjudicate import settle
from labeling.models import Adjudication, Project, Rater, RaterDecision
from tests import judged, judging
from tests.people import person

pytestmark = pytest.mark.django_db

LEADS = ("label_raters", "label_adjudicate")


@pytest.fixture
def project() -> Project:
    made = judging.project(tasks=6, k=2, gold=1)
    raters = [person("rater", username=f"rater-{number}") for number in range(2)]
    judged.give_all(made, raters, "bb bb ab at bb aa")
    return made


@pytest.fixture
def lead(client):
    user = person("lead")
    client.force_login(user)
    return user


def page(client, name: str, *args, **query) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200, response.content
    return response.content.decode()


def test_only_leads_see_others_and_raters_see_themselves(client, project):
    names = [reverse(name) for name in LEADS] + [reverse("label_report", args=[project.pk])]
    for name in [*names, reverse("label_me")]:
        assert client.get(name).status_code == 302
    client.force_login(person("rater"))
    assert [client.get(name).status_code for name in names] == [403] * 3
    assert "not judged anything yet" in page(client, "label_me")
    rater = project.tasks.first().assignments.first().rater
    door = reverse("label_settle", args=[project.tasks.first().pk])
    assert client.post(door, {"say": "left"}).status_code == 403
    assert client.post(reverse("label_standing", args=[rater.pk, "pause"]), {"why": "x"}).status_code == 403
    assert client.post(reverse("label_order", args=[project.pk]), {"order": "active"}).status_code == 403
    assert not Adjudication.objects.exists() and not RaterDecision.objects.exists()


def test_a_report_says_who_wins_and_what_it_rests_on(client, project, lead):
    text = page(client, "label_report", project.pk)
    assert "B 3" in text.replace("<b>B</b> ", "B ") and "66.7%" in text and "Settle 2" in text
    assert "text query" not in text and "chair number 0" in text
    assert "rater-0" in text and "Krippendorff" in text
    settle(project.tasks.order_by("pk")[2].pk, "b", lead)  # what was kept of the report is not shown any more
    assert "75.0%" in page(client, "label_report", project.pk)


def test_every_kind_of_project_has_a_report_also_without_verdicts(client, lead):
    for kind in Project.Kind.values:
        made = judging.project(kind, tasks=2)
        assert "Nothing" not in page(client, "label_report", made.pk)
    assert client.get(reverse("label_report", args=[0])).status_code == 404


def test_pages_ask_as_often_whatever_the_number_of_tasks(
    client, lead, django_assert_max_num_queries, django_assert_num_queries
):
    few, many = judging.project(tasks=3, k=1), judging.project(tasks=25, k=1)
    (rater,) = judging.raters(1)
    judged.give_all(few, [rater], "b " * 3)
    judged.give_all(many, [rater], "b " * 25)
    for name in ("label_report", None):
        counts = []
        for made in (few, many):
            with django_assert_max_num_queries(40) as asked:
                page(client, name, made.pk) if name else page(client, "label_raters", project=made.pk)
            counts.append(len(asked))
        assert counts[0] == counts[1]


def test_a_lead_settles_disagreements_one_after_the_other(client, project, lead):
    first, second = project.tasks.filter(gold=None).order_by("pk")[2:4]
    text = page(client, "label_adjudicate", project=project.pk)
    assert "2 to settle" in text and reverse("label_settle", args=[first.pk]) in text
    assert reverse("label_settle", args=[second.pk]) in page(client, "label_adjudicate", after=first.pk)
    left = text.index("Thing 1<") < text.index("Thing 11<")  # a is on the left
    sent = {"say": "left", "why": "closer", "project": project.pk}
    response = client.post(reverse("label_settle", args=[first.pk]), sent)
    assert response.url == f"{reverse('label_adjudicate')}?after={first.pk}&project={project.pk}"
    row = Adjudication.objects.get()
    assert (row.choice, row.why, row.by) == ("a" if left else "b", "closer", lead)
    assert reverse("label_settle", args=[second.pk]) in client.get(response.url).content.decode()
    client.post(reverse("label_settle", args=[second.pk]), {"undo": "1"})
    assert "2 to settle" in page(client, "label_adjudicate")
    client.post(reverse("label_settle", args=[second.pk]), {"say": "5"})
    assert "no verdict for this kind" in page(client, "label_adjudicate")
    client.post(reverse("label_settle", args=[10**15]), {"say": "left"})
    assert "no such task" in page(client, "label_adjudicate", after="x" * 40, project="nothing")
    assert Adjudication.objects.count() == 2


def test_setting_aside_asks_why_and_can_be_taken_back(client, project, lead):
    rater = User.objects.get(username="rater-1")
    door = reverse("label_standing", args=[rater.pk, "set_aside"])
    assert "count for nothing" in page(client, "label_standing", rater.pk, "set_aside")
    assert client.post(door, {"why": " "}).status_code == 422 and not Rater.objects.filter(set_aside=True).exists()
    assert client.post(door, {"why": "clicks"}).url == reverse("label_raters")
    text = page(client, "label_raters")
    assert "set aside" in text and "clicks" in text and "Take back in" in text
    assert "already" in client.post(door, {"why": "twice"}).content.decode()
    client.force_login(rater)
    assert "set your verdicts aside" in page(client, "label_me")
    client.force_login(lead)
    client.post(reverse("label_standing", args=[rater.pk, "restore"]), {"why": "was right"})
    assert not Rater.objects.get(pk=rater.pk).set_aside
    assert client.get(reverse("label_standing", args=[rater.pk, "delete"])).status_code == 404


def test_a_lead_chooses_the_order_of_an_open_project(client, project, lead):
    door = reverse("label_order", args=[project.pk])
    client.post(door, {"order": "active"})
    project.refresh_from_db()
    assert project.order == "active" and "no more than it takes" in page(client, "label_report", project.pk)
    client.post(door, {"order": "sideways"})
    Project.objects.update(state="closed")
    client.post(door, {"order": "random"})
    project.refresh_from_db()
    assert project.order == "active"


def test_a_rater_sees_their_own_figures_and_nobody_elses_name(client, project):
    client.force_login(User.objects.get(username="rater-0"))
    text = page(client, "label_me")
    assert "rater-1" not in text and "4 of 6" in text
