"""Probes and numbers."""

import pytest
from django.db import connection

from catalog.models import Image, Product
from search.build.register import register_bundle
from search.models import ImageVector

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
