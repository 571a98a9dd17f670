"""What leads decided about raters and about tasks. Rows are only ever added: a trigger refuses every change."""

from django.conf import settings
from django.db import models

from labeling.models.task import Task

LATEST = "-id"


class RaterDecision(models.Model):
    """A lead paused a rater, set their verdicts aside, or took that back. Rater says what holds now."""

    class Action(models.TextChoices):
        PAUSE = "pause", "paused"
        RESUME = "resume", "let judge again"
        SET_ASIDE = "set_aside", "verdicts set aside"
        RESTORE = "restore", "verdicts taken back in"

    rater = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="decisions")
    action = models.CharField(max_length=10, choices=Action)
    why = models.CharField(max_length=300)
    tasks = models.PositiveIntegerField(default=0, help_text="that are asked of others instead, or no longer are")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = [LATEST]


class Adjudication(models.Model):
    """A lead's own answer to a task that raters did not agree on; the latest of a task holds. Empty: taken back.

    It stands beside the raters' verdicts: agreement never counts it, the ranking of systems does.
    """

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="adjudications")
    choice = models.CharField(max_length=20, blank=True, help_text="as Verdict.choice")
    why = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = [LATEST]
        indexes = [models.Index(fields=["task", LATEST], name="latest_adjudication")]
