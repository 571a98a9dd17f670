"""What search itself keeps: bundles, their vectors and generations, shoppers' photos, and logs that only grow."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from pgvector.django import HalfVectorField

from catalog.models import Category, Image, Product
from search.demand.models import DemandCount, DemandGroup, DemandQuery, ProductDemand

__all__ = ["DemandCount", "DemandGroup", "DemandQuery", "ProductDemand"]  # beside those below


class Xid8Field(models.Field):
    """PostgreSQL's 64-bit transaction number, filled by the database: pg_visible_in_snapshot() compares it."""

    description = "The transaction that wrote the row"

    def __init__(self, *args, **kwargs):
        kwargs["db_default"] = models.Func(function="pg_current_xact_id")
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["db_default"], kwargs["editable"]
        return name, path, args, kwargs

    def db_type(self, connection) -> str:
        return "xid8"


class Bundle(models.Model):
    """A model bundle that this index knows. Vectors of different bundles are never compared.

    building -> live -> retired. A building one is filled beside the live one and takes its place when it is complete;
    by way of shadow it is tried on a share of the visitors first. Removing: the worker deletes all that belongs to it;
    a removed one keeps its row alone, so that no start takes it for a new one.
    """

    class State(models.TextChoices):
        BUILDING = "building"
        SHADOW = "shadow"
        LIVE = "live"
        RETIRED = "retired"
        REMOVING = "removing"
        REMOVED = "removed"

    id = models.CharField(primary_key=True, max_length=120)
    dim = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.LIVE)
    share = models.FloatField(default=0.0, help_text="of the visitors whose searches a shadow bundle answers, 0 to 1")
    registered_at = models.DateTimeField(auto_now_add=True)
    promoted_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=models.Q(state="live"), name="one_live_bundle"),
            models.CheckConstraint(condition=models.Q(share__gte=0, share__lte=1), name="share_from_0_to_1"),
        ]
        permissions = [("operate_index", "Can operate the index")]


class ImageVector(models.Model):
    """One unit vector (float16) per image and bundle: the truth that every generation is derived from.

    The dimension is the bundle's. Each bundle has its own partial HNSW index on `vector::halfvec(dim)` of its hot rows
    (search/build/register.py makes it), so a query can only walk vectors of the bundle that made it. `written` and
    `hot` are set by a trigger whenever the vector is written: what no generation holds yet is hot.
    """

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="vectors")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="vectors")
    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="vectors")
    vector = HalfVectorField()
    patches = models.BinaryField(null=True, blank=True, help_text="as ml.encode.patches packs them")
    created_at = models.DateTimeField(auto_now_add=True)
    hot = models.BooleanField(default=True, db_default=True)
    written = Xid8Field()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "bundle"], name="one_vector_per_image_and_bundle")]
        indexes = [models.Index(fields=["bundle", "image"], condition=models.Q(hot=True), name="hot_vectors")]


class ImageDetail(models.Model):
    """What is known of a catalog picture besides its vectors, whatever the bundle: the words in it, its local features.

    Written in the background once the picture can be searched (search/build/details.py). `file` is the picture that was
    looked at: when the image has another one since, or a version is old, all of it is made anew. A version of 0 says
    that this part was not looked for yet; empty words or no local features, that there are none.
    """

    image = models.OneToOneField(Image, on_delete=models.CASCADE, primary_key=True, related_name="detail")
    file = models.CharField(max_length=300)
    words = ArrayField(models.TextField(), default=list, help_text="as ml.inspect.words spells them, largest first")
    weights = ArrayField(models.FloatField(), default=list, help_text="of each word, 0 to 1: how sure, how large")
    words_version = models.PositiveSmallIntegerField(default=0)
    local = models.BinaryField(null=True, blank=True, help_text="local features as ml.inspect.local packs them")
    local_version = models.PositiveSmallIntegerField(default=0)
    written_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [GinIndex(fields=["words"], name="image_words")]


class Generation(models.Model):
    """One immutable cold index of one bundle: rows that were visible at its watermark, in files of its own.

    building -> ready -> live -> retired, or failed. The one retired last stays warm for a rollback. Removing: the row
    says so before the files go, and goes after them.
    """

    class State(models.TextChoices):
        BUILDING = "building"
        READY = "ready"
        LIVE = "live"
        RETIRED = "retired"
        FAILED = "failed"
        REMOVING = "removing"

    id = models.CharField(primary_key=True, max_length=40, help_text="<utc yyyymmdd-hhmmss>-<6 hex>: also its folder")
    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="generations")
    state = models.CharField(max_length=10, choices=State, default=State.BUILDING)
    watermark = models.TextField(blank=True, help_text="pg_current_snapshot(), taken before the rows were read")
    rows = models.BigIntegerField(default=0)
    bytes_disk = models.BigIntegerField(default=0)
    bytes_ram = models.BigIntegerField(default=0)
    manifest = models.JSONField(default=dict)
    recall = models.JSONField(default=dict)
    progress = models.JSONField(default=dict, help_text="stage, done, total")
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    promoted_at = models.DateTimeField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bundle"], condition=models.Q(state="live"), name="one_live_generation_per_bundle"
            ),
        ]


class ServingEvent(models.Model):
    """What was done to the index and by whom, append-only. Names outlive the rows that they name."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.CharField(max_length=150, blank=True)
    verb = models.CharField(max_length=30)
    generation_id = models.CharField(max_length=40, blank=True)
    bundle_id = models.CharField(max_length=120, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        db_table = "search_event"


class Pin(models.Model):
    """A category whose vectors stay in the hot tier: because someone said so, or because it is asked for most."""

    class Why(models.TextChoices):
        POLICY = "policy"
        TRAFFIC = "traffic"

    category = models.OneToOneField(Category, on_delete=models.CASCADE, related_name="pin")
    why = models.CharField(max_length=10, choices=Why, default=Why.POLICY)
    created_at = models.DateTimeField(auto_now_add=True)


class Change(models.Model):
    """A product whose facts for search changed, in the order of ids; written by triggers, read by every process.

    A reader keeps the pg_snapshot of its last look and reads what was not visible in it (search/retrieve/follow.py).
    """

    product_id = models.BigIntegerField()
    xid = Xid8Field(db_index=True)
    at = models.DateTimeField(db_default=Now())


class QuerySample(models.Model):
    """Vectors of real searches, the last couple of thousand: what a generation's recall is measured with."""

    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="samples")
    vector = HalfVectorField()
    at = models.DateTimeField(auto_now_add=True)


class QueryPhoto(models.Model):
    """A shopper's photo, cleaned of metadata, kept until it expires so that a second tap needs no second upload.

    consented: the shopper lets the shop keep it for longer, to get better. blurred: the copy without faces that the
    worker makes of such a one; nobody but the shopper sees the other.
    """

    token = models.CharField(primary_key=True, max_length=43)
    file = models.CharField(max_length=300)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    objects_found = models.JSONField(default=list)
    fallback = models.BooleanField(default=False)
    consented = models.BooleanField(default=False, db_default=False)
    blurred = models.CharField(max_length=300, blank=True, db_default="")
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


class Flag(models.Model):
    """A shopper said that a result is not a match, or took that back: append-only, the last row of a pair counts."""

    query = models.ForeignKey(QueryLog, on_delete=models.CASCADE, related_name="flags")
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="flags")
    rank = models.PositiveIntegerField()
    withdrawn = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["query", "product", "-id"], name="last_flag_of_a_pair")]
