"""The clock of a picture on its way into the index, and the count of those that came late."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from catalog.models import Image, LateDay, Product
from catalog.services import mark_indexed, requeue
from search.overview.freshness import freshness

pytestmark = pytest.mark.django_db


def inspected(waited_s: float) -> Image:
    product, _ = Product.objects.get_or_create(sku="A", title="A")
    image = Image.objects.create(product=product, source=f"{waited_s}", status=Image.Status.INSPECTED)
    Image.objects.filter(pk=image.pk).update(waiting_since=timezone.now() - timedelta(seconds=waited_s))
    return image


def test_late_pictures_are_counted_once_and_outlive_their_deletion(settings):
    settings.SIGHTLINE_FRESHNESS_SLA_S = 5.0
    late, punctual = inspected(60), inspected(1)
    assert mark_indexed(late.pk) and mark_indexed(late.pk) and mark_indexed(punctual.pk)
    assert LateDay.objects.get().pictures == 1
    Image.objects.all().delete()
    assert freshness().late_ever == 1


def test_the_clock_starts_anew_when_a_picture_is_sent_on_its_way_again():
    image = inspected(3600)
    Image.objects.filter(pk=image.pk).update(status=Image.Status.FAILED)
    requeue(Image.objects.filter(pk=image.pk))
    with connection.cursor() as cursor:  # now() is the transaction's start, in which all of this test runs
        cursor.execute("SELECT waiting_since = now() FROM catalog_image WHERE id = %s", [image.pk])
        assert cursor.fetchone() == (True,)


def test_freshness_says_who_waits_and_how_long(settings):
    settings.SIGHTLINE_FRESHNESS_SLA_S = 5.0
    assert freshness().oldest_waiting_s == 0
    inspected(60), inspected(1)
    found = freshness()
    assert (found.waiting, found.waiting_late) == (2, 1)
    assert 60 <= found.oldest_waiting_s < 70
    Image.objects.update(blocked=True)  # nobody waits for these
    assert freshness().waiting == 0
