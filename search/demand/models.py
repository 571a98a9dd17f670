"""What is kept of demand: searches that may have gone unmet, their groups, and what each product got of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from pgvector.django import HalfVectorField

from catalog.models import Category, Product


class DemandQuery(models.Model):
    """A search that may have found nothing good, with what it was searched with. Append-only, purged when it is old.

    `id` is that of its QueryLog, which may still wait in the spool. vector: only to be compared within its bundle.
    """

    class Kind(models.TextChoices):
        PHOTO = "photo"
        TEXT = "text"

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(max_length=5, choices=Kind)
    words = models.CharField(max_length=500, blank=True)
    bundle_id = models.CharField(max_length=120)
    vector = HalfVectorField(null=True, blank=True)
    closeness = models.CharField(max_length=15, blank=True, help_text="of a photo, where the bundle says any")
    sees = models.CharField(max_length=200, blank=True, help_text="what kind of thing the bundle sees")
    products = ArrayField(models.BigIntegerField(), default=list, help_text="the first that it found")
    photo_token = models.CharField(max_length=43, blank=True)
    bbox = ArrayField(models.FloatField(), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)


class DemandGroup(models.Model):
    """Searches for one kind of thing that found nothing good; all groups are made anew by the worker each time.

    searches, this_week, week_before: searches of the same photo count once.
    """

    kind = models.CharField(max_length=5, choices=DemandQuery.Kind)
    words = models.CharField(max_length=500, blank=True)
    searches = models.PositiveIntegerField()
    this_week = models.PositiveIntegerField()
    week_before = models.PositiveIntegerField()
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    sees = models.CharField(max_length=200, blank=True)
    examples = ArrayField(models.UUIDField(), default=list, help_text="DemandQuery ids, those with a kept photo first")
    products = ArrayField(models.BigIntegerField(), default=list, help_text="the nearest that the shop has")
    newest_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["kind", "-searches", "id"], name="most_wanted_first")]


class ProductDemand(models.Model):
    """What one product got of shoppers' attention; no row: it was never among the first results of a search."""

    product = models.OneToOneField(Product, primary_key=True, on_delete=models.CASCADE, related_name="demand")
    shown_at = models.DateTimeField(db_index=True)
    clicked_at = models.DateTimeField(null=True, blank=True)
    unclicked = models.PositiveIntegerField(default=0, help_text="times shown since it was clicked last")

    class Meta:
        indexes = [models.Index(fields=["-unclicked", "product"], name="most_passed_over_first")]


class DemandCount(models.Model):
    """One row: how far the log was counted, and the figures of the page."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    since = models.DateTimeField(help_text="what came before was never counted")
    counted_to = models.DateTimeField()
    figures = models.JSONField(default=dict)
    grouped_at = models.DateTimeField(null=True, blank=True)
