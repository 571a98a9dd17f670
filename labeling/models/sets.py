"""What was made of verdicts: golden sets and data sets of hard negatives. Both are folders that never change; the rows
say what they came from, so that every line leads back to a person's verdict or a shopper's search."""

from django.db import models
from django.db.models import Q

from labeling.models.project import Project
from labeling.models.verdict import Verdict
from search.models import Flag


class GoldenSet(models.Model):
    """One version of a golden set. Its folder is SIGHTLINE_GOLDEN_DIR/<name>@<sha256>."""

    name = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    queries = models.PositiveIntegerField()
    judgments = models.PositiveIntegerField()
    note = models.CharField(max_length=300, blank=True, help_text="what it was made of, in words")
    projects = models.ManyToManyField(Project, related_name="golden_sets", help_text="whose verdicts are in it")
    made_by = models.CharField(max_length=150, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["name", "sha256"], name="one_golden_set_per_content")]

    def __str__(self) -> str:
        return f"{self.name}@{self.sha256}"


class GoldenVerdict(models.Model):
    """This verdict is in that golden set: nothing may be learned from it."""

    golden = models.ForeignKey(GoldenSet, on_delete=models.PROTECT, related_name="verdicts")
    verdict = models.ForeignKey(Verdict, on_delete=models.PROTECT, related_name="in_golden_sets")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["golden", "verdict"], name="a_verdict_once_in_a_golden_set")]


class Dataset(models.Model):
    """One version of a data set of hard negatives. Its folder is SIGHTLINE_DATASETS_DIR/<name>@<sha256>."""

    name = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    sources = models.JSONField(default=dict, help_text="{source: rows}")
    left_out = models.JSONField(default=dict, help_text="{why: how many}")
    made_by = models.CharField(max_length=150, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="one_dataset_per_version"),
            models.UniqueConstraint(fields=["name", "sha256"], name="one_dataset_per_content"),
        ]

    def __str__(self) -> str:
        return f"{self.name}@v{self.version}"


class DatasetRow(models.Model):
    """Where one line of a data set comes from: a verdict, or what a shopper did. A line may have several."""

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="lineage")
    line = models.PositiveIntegerField(help_text="of negatives.jsonl, from 1")
    verdict = models.ForeignKey(Verdict, null=True, on_delete=models.PROTECT, related_name="in_datasets")
    flag = models.ForeignKey(Flag, null=True, on_delete=models.SET_NULL, related_name="+")
    query = models.UUIDField(null=True, help_text="the logged search")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__isnull=False) | Q(query__isnull=False), name="a_row_has_an_origin"
            )
        ]
        indexes = [models.Index(fields=["dataset", "line"], name="rows_of_a_dataset")]
