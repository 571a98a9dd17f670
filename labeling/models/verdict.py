"""What a rater said. Rows are only ever added: a trigger refuses every change (migration 0001)."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, F, GeneratedField, Q, When

from labeling.models.project import Guideline
from labeling.models.task import Assignment


class Reason(models.TextChoices):
    """Why a list lost, or what is wrong with a result."""

    CATEGORY = "wrong_category", "Wrong category"
    COLOUR = "colour", "Colour"
    SHAPE = "shape", "Shape"
    MATERIAL = "material", "Material"
    OUT_OF_STOCK = "out_of_stock", "Out of stock"
    NEAR_DUPLICATES = "near_duplicates", "Near-duplicates"


class Verdict(models.Model):
    """One key press, or the undoing of one. `value` is as pressed; `choice` names the system instead of the side.

    The id comes from the rater's browser, so that a verdict that is sent twice is there once.
    """

    class Value(models.TextChoices):
        LEFT = "left"
        RIGHT = "right"
        TIE = "tie"
        BOTH_BAD = "both_bad"
        G0 = "0"
        G1 = "1"
        G2 = "2"
        G3 = "3"
        G4 = "4"
        G5 = "5"
        SAME_SKU = "same_sku"
        VARIANT = "variant"
        DIFFERENT = "different"
        CANNOT_TELL = "cannot_tell"
        SKIP = "skip"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="verdicts")
    value = models.CharField(max_length=20, blank=True, help_text="empty where it undoes another")
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")
    swapped = models.BooleanField(help_text="system b was on the left")
    choice = GeneratedField(
        expression=Case(
            When(Q(value="left", swapped=False) | Q(value="right", swapped=True), then=models.Value("a")),
            When(Q(value="right", swapped=False) | Q(value="left", swapped=True), then=models.Value("b")),
            default=F("value"),
        ),
        output_field=models.CharField(max_length=20),
        db_persist=True,
    )
    reasons = ArrayField(models.CharField(max_length=20, choices=Reason), default=list, blank=True)
    guideline = models.ForeignKey(Guideline, on_delete=models.PROTECT, related_name="+")
    shown_at = models.DateTimeField(help_text="when the task was painted, by the rater's clock set to ours")
    decided_at = models.DateTimeField()
    ms_taken = models.PositiveIntegerField(help_text="from painted to the key, less the time the page was hidden")
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(value="", undoes__isnull=False) | ~Q(value="") & Q(undoes__isnull=True),
                name="a_value_or_an_undo",
            ),
        ]
        indexes = [models.Index(fields=["decided_at"], name="verdicts_by_time")]
