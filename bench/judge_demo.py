"""Raters who know the demo judge what the search finds: a stand-in for people, for the loop of docs/loop.md.

    python -m bench.judge_demo [--queries 40] [--training 60] [--raters 3] [--accuracy 0.95]

Three projects are made as a lead makes them on /label/projects/new/, built by the worker, which must run, and judged
through the functions that the rater's page calls: "Rooms, same product" and "Rooms, similar" about the demo's golden
rooms, "Training rooms" about others. Each rater errs in a share of the answers, by chance.
"""

import argparse
import io
import json
import os
import random
import time
import uuid
import zipfile
from pathlib import Path

import django

WAIT_S = 1800
DEMO = Path(__file__).parents[1] / "demo"
SAME = ("same_sku", "variant", "different")
GRADES = tuple("012345")


def main(queries: int, training: int, raters: int, accuracy: float) -> None:
    from labeling.models import Project

    rooms, same, grade = training_rooms(training), Project.Kind.SAME_PRODUCT, Project.Kind.GRADE
    for name, kind, source, sample in (
        ("Rooms, same product", same, "demo", queries),
        ("Rooms, similar", grade, "demo", queries),
        ("Training rooms", same, rooms, None),
    ):
        project = Project.objects.filter(name=name).first() or make(name, kind, source, sample)
        wait_until_open(project)
        done = sum(judge_all(project, person, accuracy) for person in people(raters))
        print(f"{name}: {project.tasks.count()} tasks, {done} verdicts of {raters} raters", flush=True)


def make(name: str, kind: str, source, sample: int | None):
    from django.contrib.auth.models import User

    from labeling.guidelines import default_guideline
    from labeling.projects import Plan, Search, create_project
    from search.serving import live_bundle_id

    lead, _ = User.objects.get_or_create(username="lead")
    guideline, search = default_guideline(kind), Search(live_bundle_id())
    more = {"k": 2, "sample": sample, "results_shown": 5, "gold_share": 0.0, "repeat_share": 0.0}
    plan = Plan(name, kind, guideline, source, search, None, **more)
    return create_project(plan, lead.pk)


def training_rooms(count: int) -> io.BytesIO:
    """A query set as it would be uploaded: objects in the demo's rooms for training, with what is right."""
    rows = [json.loads(line) for line in (DEMO / "rooms.jsonl").read_text().splitlines()]
    seen = [
        {"photo": row["photo"], "bbox": each["bbox"], "product_ids": each["product_ids"]}
        for row in rows
        if row["split"] == "train"
        for each in row["objects"]
        if each["visible"] >= 0.5
    ]
    seen = random.Random(7).sample(seen, min(count, len(seen)))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for photo in sorted({each["photo"] for each in seen}):
            archive.write(DEMO / photo, photo)
        archive.writestr("queries.jsonl", "\n".join(map(json.dumps, seen)))
    out.seek(0)
    return out


def wait_until_open(project) -> None:
    until = time.monotonic() + WAIT_S
    while project.state == "building" and time.monotonic() < until:
        time.sleep(2)
        project.refresh_from_db()
    if project.state != "open":
        raise SystemExit(f"{project} is {project.state}: {'; '.join(project.problems)} Does a worker run?")


def people(count: int):
    from django.contrib.auth.models import User

    return [User.objects.get_or_create(username=f"simulated-{number}")[0] for number in range(1, count + 1)]


def judge_all(project, person, accuracy: float) -> int:
    from labeling.assign import next_screens
    from labeling.judge import Said, judge

    lot, done, facts = random.Random(f"{project.pk} {person.pk}"), 0, catalog()
    while screens := next_screens(project, person.pk, want=1):
        for assignment in screens[0]:
            value = answer(assignment.task, facts)
            if lot.random() > accuracy:
                value = lot.choice(GRADES if project.kind == "grade" else SAME)
            judge(person.pk, Said(uuid.uuid4(), assignment.pk, value, ms_taken=lot.randint(900, 5000)))
            done += 1
    return done


def catalog() -> dict[str, tuple]:
    """{sku: (group, category, colour, style)}."""
    from catalog.models import Product

    rows = Product.objects.values_list("sku", "group_id", "category__path", "attributes")
    return {sku: (group, path or "", of.get("color"), of.get("style")) for sku, group, path, of in rows}


def answer(task, facts: dict[str, tuple]) -> str:
    """What somebody would say who knows what the photo shows."""
    sku, right = task.sku_a or task.sku_b, [known for known in task.query.known if known in facts]
    kind = task.project.kind
    if sku in right:
        return "5" if kind == "grade" else "same_sku"
    group, path, colour, style = facts.get(sku, ("", "", None, None))
    known = [facts[each] for each in right]
    if group and any(group == each[0] for each in known):
        return "4" if kind == "grade" else "variant"
    if kind != "grade":
        return "different"
    same_kind = [each for each in known if each[1] == path]
    if any(colour == each[2] and style == each[3] for each in same_kind):
        return "3"
    return "2" if same_kind else "1" if any(path.split(" > ")[0] == each[1].split(" > ")[0] for each in known) else "0"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--training", type=int, default=60)
    parser.add_argument("--raters", type=int, default=3)
    parser.add_argument("--accuracy", type=float, default=0.95)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings.local")
    from webapp.start import start_database

    start_database()
    django.setup()
    main(**vars(arguments))
