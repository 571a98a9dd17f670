"""Feeds: where they come from, and each time one was brought in (docs/states.md)."""

from django.db import models

SCHEDULE = "schedule"  # as an actor


class Part(models.TextChoices):
    """What of a feed counts."""

    ALL = "all", "everything"
    OFFERS = "offers", "stock and price only"


class Missing(models.TextChoices):
    """What becomes of products that this feed brought once and does not hold any more."""

    KEEP = "keep", "leave them as they are"
    OUT_OF_STOCK = "out_of_stock", "mark them out of stock"
    DELETE = "delete", "delete them"


class FeedSource(models.Model):
    """A feed that comes again: its address, its columns, and when it is fetched."""

    class Kind(models.TextChoices):
        UPLOAD = "upload", "uploaded files"
        URL = "url", "an address"
        FOLDER = "folder", "a folder of the server"

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.UPLOAD)
    location = models.CharField(max_length=2000, blank=True, help_text="the address or the folder")
    mapping = models.JSONField(default=dict, blank=True, help_text="column: field, where an admin said so")
    currency = models.CharField(max_length=3, default="EUR", help_text="of prices that name none")
    part = models.CharField(max_length=10, choices=Part, default=Part.ALL)
    missing = models.CharField(max_length=20, choices=Missing, default=Missing.KEEP)
    every_minutes = models.PositiveIntegerField(null=True, blank=True, help_text="empty: only when somebody asks")
    next_at = models.DateTimeField(null=True, blank=True, db_index=True)
    etag = models.CharField(max_length=300, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    digest = models.CharField(max_length=64, blank=True, help_text="sha256 of the file that was taken over last")
    tried_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="one after another")
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Import(models.Model):
    """One feed on its way in. `rows_done` is where its present stage stands; a killed worker goes on from there."""

    class State(models.TextChoices):
        UPLOADING = "uploading"
        UPLOADED = "uploaded"
        CHECKED = "checked"
        RUNNING = "running"
        PAUSED = "paused"
        FINISHED = "finished"
        CANCELLED = "cancelled"
        SUPERSEDED = "superseded"
        FAILED = "failed"

    class Stage(models.TextChoices):
        FETCHING = "fetching"
        READING = "reading"
        CHECKING = "checking"
        STORING = "storing"
        MISSING = "missing", "what is missing"

    source = models.ForeignKey(FeedSource, null=True, blank=True, on_delete=models.SET_NULL, related_name="imports")
    name = models.CharField(max_length=300)
    url = models.CharField(max_length=2000, blank=True)
    path = models.CharField(max_length=1000, blank=True, help_text="the feed's file; empty until it is there")
    folder = models.CharField(max_length=1000, blank=True, help_text="where paths of pictures start")
    state = models.CharField(max_length=20, choices=State, default=State.UPLOADED, db_index=True)
    stage = models.CharField(max_length=20, choices=Stage, blank=True)
    format = models.CharField(max_length=40, blank=True)
    columns = models.JSONField(default=list, blank=True, help_text="the header as it stands in the file")
    mapping = models.JSONField(default=dict, blank=True, help_text="column: field, where an admin said so")
    currency = models.CharField(max_length=3, default="EUR")
    part = models.CharField(max_length=10, choices=Part, default=Part.ALL)
    missing = models.CharField(max_length=20, choices=Missing, default=Missing.KEEP)
    run_when_checked = models.BooleanField(default=False)
    accept_missing = models.BooleanField(default=False, help_text="somebody said yes to losing many products")
    size = models.PositiveBigIntegerField(default=0, help_text="bytes of the upload when it is whole")
    validators = models.JSONField(default=dict, blank=True, help_text="by which its source knows this file again")
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    rate = models.FloatField(default=0, help_text="rows a second, lately")
    busy_s = models.FloatField(default=0, help_text="time spent on storing, pauses left out")
    found = models.JSONField(default=dict, blank=True, help_text="what the dry run counted")
    counts = models.JSONField(default=dict, blank=True, help_text="what the run has done")
    reason = models.CharField(max_length=500, blank=True, help_text="why it waits, failed or was cancelled")
    superseded_by = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor = models.CharField(max_length=150, blank=True)
    edit = models.ForeignKey(
        "catalog.Edit", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="imports"
    )
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True, help_text="when its worker last said something")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Import {self.pk}: {self.name}"

    @property
    def scheduled(self) -> bool:
        """Nobody asked for it and nobody asks how it went."""
        return self.actor == SCHEDULE and self.source_id is not None


class ImportProblem(models.Model):
    """A row that was not taken over, as it stood in the file."""

    class Kind(models.TextChoices):
        WRONG = "wrong"
        REPEATED = "repeated"
        BESIDE = "beside", "belongs to a wrong row"

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="problems")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.WRONG)
    line = models.PositiveIntegerField()
    sku = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    cells = models.JSONField(default=list, help_text="the row's cells in the file's order")

    class Meta:
        ordering = ["pk"]


class ImportRow(models.Model):
    """What the dry run found of one SKU."""

    class Kind(models.TextChoices):
        NEW = "new"
        CHANGED = "changed"
        UNCHANGED = "unchanged"
        WRONG = "wrong"
        MISSING = "missing"

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows")
    sku = models.CharField(max_length=100)
    line = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=10, choices=Kind)
    changes = models.JSONField(default=dict, help_text="field: [before, after]")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["of", "sku"], name="one_row_per_sku")]
        indexes = [models.Index(fields=["of", "kind", "id"], name="catalog_importrow_pages")]
