"""What is asked, and what each system answered."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from labeling.models.project import System


class QueryBatch(models.Model):
    """Queries that came together and are judged together: a query set."""

    class Origin(models.TextChoices):
        UPLOAD = "upload"
        DEMO = "demo"
        TRAFFIC = "traffic"

    name = models.CharField(max_length=120, unique=True)
    origin = models.CharField(max_length=10, choices=Origin, default=Origin.UPLOAD)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "query set"

    def __str__(self) -> str:
        return self.name


class Query(models.Model):
    """A photo with its box, words, or both. Photos lie in the private storage: no address leads there without a door.

    known: {sku: grade 0 to 5} where the set says what is right; also the source of gold questions.
    """

    class Type(models.TextChoices):
        PHOTO = "photo"
        TEXT = "text"
        PHOTO_TEXT = "photo+text", "photo and text"

    batch = models.ForeignKey(QueryBatch, on_delete=models.CASCADE, related_name="queries")
    name = models.CharField(max_length=200, help_text="its id within the query set, as in a TREC file")
    type = models.CharField(max_length=10, choices=Type)
    text = models.CharField(max_length=500, blank=True)
    photo = models.CharField(max_length=300, blank=True, help_text="name in the private storage: an upright JPEG")
    width = models.PositiveIntegerField(null=True, blank=True, help_text="of the upright original; boxes count these")
    height = models.PositiveIntegerField(null=True, blank=True)
    bbox = ArrayField(models.FloatField(), size=4, null=True, blank=True, help_text="x1, y1, x2, y2, upright pixels")
    category = models.CharField(max_length=500, blank=True, help_text="path of the catalog category, where known")
    sha256 = models.CharField(max_length=64, db_index=True, help_text="of the photo's file; of the words without one")
    phash = models.BigIntegerField(null=True, blank=True, db_index=True, help_text="of the whole photo, signed")
    known = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "queries"
        constraints = [
            models.UniqueConstraint(fields=["batch", "name"], name="one_query_per_name"),
            models.CheckConstraint(
                condition=Q(type="text", photo="") & ~Q(text="")
                | Q(type="photo", text="", width__gt=0, height__gt=0) & ~Q(photo="")
                | Q(type="photo+text", width__gt=0, height__gt=0) & ~Q(photo="") & ~Q(text=""),
                name="query_holds_what_its_type_says",
            ),
        ]

    def __str__(self) -> str:
        return self.text or self.name


class ResultList(models.Model):
    """What one system answered to one query, as shown: a later price or title does not change what was judged.

    items: labeling.types.Item as JSON, best first. error: why there are none, in words.
    """

    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="lists")
    query = models.ForeignKey(Query, on_delete=models.CASCADE, related_name="lists")
    items = models.JSONField(default=list)
    error = models.CharField(max_length=300, blank=True)
    bundle_id = models.CharField(max_length=120, blank=True, help_text="that answered")
    generation_id = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["system", "query"], name="one_list_per_system_and_query")]
