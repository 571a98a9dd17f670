"""Probes and numbers."""

import pytest
from django.conf import settings
from django.db import connection

from catalog import outage
from catalog.models import Image, LateDay, Product
from search.build.register import register_bundle
from search.models import Generation, ImageVector, ServingEvent
from search.retrieve import follow

pytestmark = pytest.mark.django_db


def heartbeat():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")


def test_alive_without_a_database_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").content == b"ok\n"


def test_not_ready_without_a_worker(client):
    response = client.get("/readyz")
    assert response.status_code == 503
    parts = response.json()
    assert parts["database"]["ok"] and not parts["queue"]["ok"] and not parts["ready"]


def test_ready_when_nearly_all_pictures_can_be_found(client):
    heartbeat()
    live = register_bundle()
    product = Product.objects.create(sku="A", title="A")
    vector = [1.0] + [0.0] * (live.dim - 1)
    for number in range(25):
        image = Image.objects.create(product=product, source=str(number), status="pending" if number < 2 else "indexed")
        if number >= 2:
            ImageVector.objects.create(image=image, product=product, bundle=live, vector=vector)
    catalog = client.get("/readyz").json()["catalog"]
    assert (catalog["ok"], catalog["pending"], catalog["indexed"], catalog["searchable"]) == (False, 2, 23, 23)
    Image.objects.filter(source="1").update(status="rejected")
    assert client.get("/readyz").status_code == 200
    ImageVector.objects.all().delete()  # as for a bundle that has just taken over
    assert client.get("/readyz").status_code == 503


def test_metrics_are_prometheus_text(client):
    product = Product.objects.create(sku="A", title="A")
    Image.objects.create(product=product, source="a")
    text = client.get("/metrics").content.decode()
    assert 'sightline_images{status="pending"} 1.0' in text
    assert "sightline_oldest_unsearchable_image_seconds" in text


def live_generation(bundle, **fields) -> Generation:
    """A row whose only shard has one file of 8 bytes, which is there."""
    folder = settings.SIGHTLINE_INDEX_DIR / "20250101-000009-abcdef" / "shard-0000"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rows").write_bytes(b"12345678")
    shard = {"name": "shard-0000", "kind": "exact", "rows": 1, "files": {"rows": {"bytes": 8, "sha256": ""}}}
    values = {"rows": 1, "watermark": "1:1:", "manifest": {"shards": [shard]}, **fields}
    return Generation.objects.create(id=folder.parent.name, bundle=bundle, state="live", **values)


def vector_of(bundle) -> ImageVector:
    product = Product.objects.create(sku="A", title="A")
    image = Image.objects.create(product=product, source="a", status="indexed")
    vector = [1.0] + [0.0] * (bundle.dim - 1)
    return ImageVector.objects.create(image=image, product=product, bundle=bundle, vector=vector)


def test_a_missing_shard_is_said_and_no_reason_to_stay_away(client):
    heartbeat()
    bundle = register_bundle()
    vector_of(bundle)
    live = live_generation(bundle)
    found = client.get("/readyz").json()
    assert (found["ready"], found["degraded"], found["generation"]["tiers"]) == (True, [], ["hot", "cold"])
    assert (found["generation"]["live"], found["generation"]["newer_rows"]) == (live.pk, 1)
    (settings.SIGHTLINE_INDEX_DIR / live.pk / "shard-0000" / "rows").unlink()
    response = client.get("/readyz")
    assert response.status_code == 200 and response.json()["ready"]
    assert response.json()["degraded"] == ["Shard shard-0000 cannot answer: rows is missing."]
    assert "sightline_degraded_shards 1.0" in client.get("/metrics").content.decode()


def test_a_stale_generation_is_said(client, settings):
    heartbeat()
    bundle = register_bundle()
    vector_of(bundle)
    live_generation(bundle)
    settings.SIGHTLINE_STALE_ROWS = 0
    found = client.get("/readyz").json()
    assert found["ready"] and found["generation"]["stale"]
    assert found["degraded"] == ["1 rows are newer than the live generation; a merge is overdue."]


def test_without_a_database_it_answers_at_once_and_says_who_still_does(client, monkeypatch):
    register_bundle()
    follow.stop()  # whatever another test left open
    monkeypatch.setattr(outage._breaker, "away", True)  # as after a first statement without an answer
    response = client.get("/readyz")
    found = response.json()
    assert response.status_code == 503 and not found["ready"] and not found["database"]["ok"]
    assert found["degraded"] == ["The database is away. Searches cannot be answered."]  # no generation is open here


def test_numbers_that_outlive_a_process(client):
    bundle = register_bundle()
    vector_of(bundle)
    live_generation(bundle, bytes_ram=100, bytes_disk=200)
    LateDay.objects.create(day="2025-01-01", pictures=7)
    ServingEvent.objects.create(verb="promote")
    lines = client.get("/metrics").content.decode().splitlines()
    for line in (
        "sightline_database_up 1.0",
        "sightline_freshness_sla_seconds 5.0",
        "sightline_freshness_breaches_total 7.0",
        'sightline_promotions_total{verb="promote"} 1.0',
        'sightline_tier_rows{tier="hot"} 1.0',
        'sightline_tier_bytes{medium="disk",tier="cold"} 200.0',
        "sightline_generation_newer_rows 1.0",
    ):
        assert line in lines
    assert any(line.startswith("sightline_generation_age_seconds ") for line in lines)
