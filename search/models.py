"""What search itself keeps: the hot tier's vectors, shoppers' photos, and an append-only log of queries and clicks."""

import uuid

from django.db import models
from pgvector.django import VectorField

from catalog.models import Image, Product


class Bundle(models.Model):
    """A model bundle that this index knows. Vectors of different bundles are never compared.

    building -> live -> retired: a new bundle is filled beside the live one, and takes its place when it is complete.
    """

    class State(models.TextChoices):
        BUILDING = "building"
        LIVE = "live"
        RETIRED = "retired"

    id = models.CharField(primary_key=True, max_length=120)
    dim = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.LIVE)
    registered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="live"), name="one_live_bundle"),
        ]


class ImageVector(models.Model):
    """The hot tier: one unit vector (float32) per image and bundle.

    The dimension is the bundle's; each live bundle gets its own partial HNSW index on `vector::halfvec(dim)`
    (search/build/embed.py makes it), so a query can only walk vectors of the bundle that made it.
    """

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="vectors")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="vectors")
    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="vectors")
    vector = VectorField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "bundle"], name="one_vector_per_image_and_bundle")]


class QueryPhoto(models.Model):
    """A shopper's photo, cleaned of metadata, kept until it expires so that a second tap needs no second upload."""

    token = models.CharField(primary_key=True, max_length=43)
    file = models.CharField(max_length=300)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    objects_found = models.JSONField(default=list)
    fallback = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)


class QueryLog(models.Model):
    """One search, append-only: what was asked, what came back in which order, and how long each stage took."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    asked = models.JSONField(help_text="kind, text, bbox, mode, weights, filters; never the pixels")
    photo_token = models.CharField(max_length=43, blank=True)
    bundle_id = models.CharField(max_length=120)
    generation = models.CharField(max_length=120, blank=True)
    ranking = models.JSONField(default=list, help_text="[product, score, scores, folded products], best first")
    partial = models.BooleanField(default=False)
    stages_ms = models.JSONField(default=dict)


class Click(models.Model):
    query = models.ForeignKey(QueryLog, on_delete=models.CASCADE, related_name="clicks")
    product = models.ForeignKey(Product, on_delete=models.CASCADE)
    rank = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
