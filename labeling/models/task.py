"""A question for k raters, and who has it.

Overfilling is impossible in the database: triggers count an assignment's slot on its task, and the task refuses more
slots than it needs (migration 0001).
"""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Random
from django.utils import timezone

from catalog.models import Product
from labeling.models.project import Project
from labeling.models.query import Query, ResultList


class Task(models.Model):
    """One judgement, to be made by `needed` raters.

    side_by_side: query, list_a and list_b. grade: query and item_a. same_product: item_b, with item_a or a query with
    a photo. Items are labeling.types.Item as JSON, a snapshot; products may leave the catalog.
    gold: the choices that count as right (Verdict.choice); such a task is asked of every rater and fills no slots.
    """

    class State(models.TextChoices):
        OPEN = "open"
        WITHDRAWN = "withdrawn"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="tasks")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    query = models.ForeignKey(Query, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks")
    list_a = models.ForeignKey(ResultList, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    list_b = models.ForeignKey(ResultList, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    product_a = models.ForeignKey(Product, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    product_b = models.ForeignKey(Product, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    sku_a = models.CharField(max_length=100, blank=True)
    sku_b = models.CharField(max_length=100, blank=True)
    item_a = models.JSONField(null=True, blank=True)
    item_b = models.JSONField(null=True, blank=True)
    needed = models.PositiveSmallIntegerField(help_text="verdicts; k of the project, unless raised")
    taken = models.PositiveSmallIntegerField(default=0, editable=False, help_text="slots, leased or done: by trigger")
    done = models.PositiveSmallIntegerField(default=0, editable=False, help_text="verdicts that count: by trigger")
    priority = models.FloatField(
        db_default=Random(), help_text="higher first; random from 0 to 1 unless labeling.order knows better"
    )
    gold = ArrayField(models.CharField(max_length=20), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(done__gte=0, taken__gte=F("done"), needed__gte=F("taken")), name="never_overfilled"
            ),
            models.UniqueConstraint(
                fields=["project", "query", "list_a", "list_b", "sku_a", "sku_b"],
                nulls_distinct=False,
                name="asked_once_per_project",
            ),
        ]
        indexes = [
            models.Index(
                "project",
                F("priority").desc(),
                "id",
                condition=Q(state="open", gold__isnull=True, taken__lt=F("needed")),
                name="tasks_to_give",
            ),
        ]


class Assignment(models.Model):
    """One rater has, or had, one task.

    leased -> done | skipped | expired; expired -> leased again, or late where the slot was filled meanwhile; an undo
    leads from done or skipped back to leased. `counts` is false for gold questions and repeats: they take no slot.
    """

    class State(models.TextChoices):
        LEASED = "leased"
        DONE = "done"
        SKIPPED = "skipped"
        EXPIRED = "expired"
        LATE = "late", "judged too late to count"

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="assignments")
    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments")
    state = models.CharField(max_length=10, choices=State, default=State.LEASED)
    counts = models.BooleanField(default=True)
    screen = models.UUIDField(default=uuid.uuid4, help_text="what is judged together on one page shares one")
    swapped = models.BooleanField(default=False, help_text="b is shown on the left")
    repeat_of = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="repeat")
    current = models.OneToOneField(
        "Verdict", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+",
        help_text="the verdict that holds, the last that is not undone: by trigger",
    )  # fmt: skip
    leased_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task", "rater"], condition=Q(repeat_of__isnull=True), name="never_twice_to_the_same_rater"
            ),
            models.CheckConstraint(
                condition=Q(repeat_of__isnull=True) | Q(counts=False), name="a_repeat_takes_no_slot"
            ),
        ]
        indexes = [
            models.Index(fields=["leased_until"], condition=Q(state="leased"), name="leases_to_expire"),
            models.Index(fields=["rater", "state"], name="assignments_of_a_rater"),
        ]


class Rater(models.Model):
    """What a lead decided about a rater. Without a row: neither paused nor set aside."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="rater"
    )
    paused = models.BooleanField(default=False, help_text="gets no more tasks")
    set_aside = models.BooleanField(default=False, help_text="verdicts are left out of every figure; reversible")
    reason = models.CharField(max_length=300, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)
