"""Addresses that want to hear of something, and everything that was or will be sent to them."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Event(models.TextChoices):
    """What can be told. The value is the event's `type`."""

    IMPORT_FINISHED = "import.finished", "An import has ended: finished, cancelled or failed"
    IMAGE_REJECTED = "image.rejected", "A picture was rejected, or failed for good"
    IMAGE_SEARCHABLE = "image.searchable", "A picture can be found"


class Webhook(models.Model):
    """One address of another program."""

    url = models.CharField(max_length=2000)
    events = ArrayField(models.CharField(max_length=40))
    salt = models.CharField(max_length=40, help_text="its signing secret is made of this and of SECRET_KEY")
    enabled = models.BooleanField(default=True)
    disabled_why = models.CharField(max_length=300, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True, help_text="the first failure after the last success")
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One event for one address: the outbox, and afterwards the log."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        FAILED = "failed"

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.UUIDField(default=uuid.uuid4, help_text="the same each time it is sent")
    type = models.CharField(max_length=40)
    data = models.JSONField()
    state = models.CharField(max_length=20, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(help_text="not tried before")
    status = models.PositiveSmallIntegerField(null=True, blank=True, help_text="what the address answered last")
    answer = models.CharField(max_length=500, blank=True, help_text="how that answer began, or why there is none")
    took_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["next_at"], condition=models.Q(state="waiting"), name="catalog_delivery_due"),
            models.Index(fields=["webhook", "-id"], name="catalog_delivery_log"),
            models.Index(fields=["created_at"], name="catalog_delivery_age"),
        ]
