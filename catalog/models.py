"""What the shop sells. The catalog is the truth; search follows it.

One feed row is one Product (a SKU). Colour and fabric variants of one design share `group_id`. Each seller's price and
stock is an Offer; each picture is an Image with its own state (docs/states.md).
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import GeneratedField, Q
from django.db.models.functions import Now

from catalog.feeds.models import FeedSource, Import, ImportProblem, ImportRow
from catalog.recorded import Edit, TrackedFields
from catalog.review.models import LACKS, Decision, Inspection, NearDuplicate, PairVerdict, PictureRule
from catalog.webhooks.models import Delivery, Webhook

__all__ = [
    "Category",
    "Decision",
    "Delivery",
    "Edit",
    "FeedSource",
    "Image",
    "Import",
    "ImportProblem",
    "ImportRow",
    "Inspection",
    "LateDay",
    "NearDuplicate",
    "Offer",
    "PairVerdict",
    "PictureRule",
    "Product",
    "Seller",
    "Webhook",
]


class Category(models.Model):
    """One node of the category tree; `path` is the feed's product_type, "Furniture > Seating > Armchair"."""

    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    name = models.CharField(max_length=120)
    path = models.CharField(max_length=500, unique=True)
    slug = models.SlugField(max_length=160, unique=True)
    history = TrackedFields("parent", "name", "path", "slug")

    class Skin(models.TextChoices):
        """How pictures of the category's products are judged for bare skin (docs/inspection.md)."""

        INHERITED = "", "as the category above"
        STRICT = "strict", "strict: explicit pictures are rejected, doubtful ones held"
        TOLERANT = "tolerant", "tolerant: skin is expected, only the most explicit is held, nothing rejected"
        OFF = "off", "off: statues and paintings, not looked at"

    skin = models.CharField(max_length=10, choices=Skin, default=Skin.INHERITED, db_default="", blank=True)

    class Meta:
        ordering = ["path"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.path


class Seller(models.Model):
    name = models.CharField(max_length=120, unique=True)
    blocked = models.BooleanField(
        db_default=False,
        default=False,
        help_text="its offers, and what it alone sells, are hidden from every search within a second",
    )
    history = TrackedFields("name", "blocked")

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    """One SKU: what a shopper can buy. `sku` is the feed's id."""

    sku = models.CharField(max_length=100, unique=True)
    group_id = models.CharField(
        max_length=100, blank=True, db_index=True, help_text="item_group_id: variants of one design"
    )
    gtin = models.CharField(max_length=50, blank=True, db_index=True)
    title = models.CharField(max_length=300)
    description = models.TextField(blank=True)
    brand = models.CharField(max_length=120, blank=True)
    category = models.ForeignKey(Category, null=True, blank=True, on_delete=models.SET_NULL, related_name="products")
    attributes = models.JSONField(default=dict, blank=True, help_text="color, material, pattern, style")
    blocked = models.BooleanField(default=False, help_text="hidden from every search within a second")
    hidden_by_feed = models.BooleanField(
        default=False, db_default=False, editable=False, help_text="blocked because its feed said draft"
    )
    source = models.ForeignKey(
        "catalog.FeedSource", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="products"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    words = GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("brand", "sku", weight="B", config="simple")
        + SearchVector("description", weight="D", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )
    history = TrackedFields(
        "sku", "group_id", "gtin", "title", "description", "brand", "category", "attributes", "blocked"
    )

    class Meta:
        indexes = [
            GinIndex(fields=["words"]),
            GinIndex(fields=["attributes"], name="catalog_product_attributes"),
            models.Index(fields=["updated_at"], name="catalog_product_updated"),
            models.Index(fields=["id"], condition=Q(blocked=True), name="blocked_products"),
            models.Index(fields=["id"], condition=LACKS & Q(blocked=False), name="lacking_products"),
        ]
        permissions = [("manage_catalog", "Can manage the catalog")]

    def __str__(self) -> str:
        return f"{self.sku} {self.title}"


class Offer(models.Model):
    """What one seller asks for one product."""

    class Availability(models.TextChoices):
        IN_STOCK = "in_stock"
        OUT_OF_STOCK = "out_of_stock"
        PREORDER = "preorder"
        BACKORDER = "backorder"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="offers")
    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="offers")
    price = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, default="EUR")
    availability = models.CharField(max_length=20, choices=Availability, default=Availability.IN_STOCK)
    quantity = models.PositiveIntegerField(null=True, blank=True)
    hidden = models.BooleanField(default=False, db_default=False, editable=False, help_text="its seller is blocked")
    updated_at = models.DateTimeField(auto_now=True)
    history = TrackedFields("product", "seller", "price", "currency", "availability", "quantity", indexed=("product",))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "seller"], name="one_offer_per_seller"),
            models.CheckConstraint(condition=Q(price__gte=0), name="price_not_negative"),
        ]
        indexes = [
            models.Index(fields=["availability", "price"]),
            models.Index(fields=["product"], condition=Q(hidden=True), name="hidden_offers"),
        ]

    def __str__(self) -> str:
        return f"{self.price} {self.currency}"


class Image(models.Model):
    """One picture of one product, and how far it has come on its way into the index."""

    class Status(models.TextChoices):
        PENDING = "pending"
        INSPECTED = "inspected"
        INDEXED = "indexed"
        HELD = "held"
        REJECTED = "rejected"
        FAILED = "failed"

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    position = models.PositiveSmallIntegerField(default=0)
    source = models.CharField(max_length=2000, help_text="where it came from: URL, or path beside the feed")
    folder = models.CharField(max_length=1000, blank=True, help_text="the feed's folder, for a path")
    fingerprint = models.CharField(max_length=60, blank=True, help_text="size and time of a path's file when imported")
    file = models.CharField(max_length=300, blank=True, help_text="storage name of the cleaned JPEG")
    alt = models.CharField(
        max_length=300, blank=True, db_default="", help_text="what the picture shows, for those who cannot see it"
    )
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING, db_index=True)
    reason = models.CharField(
        max_length=300, blank=True, help_text="why it was rejected or failed, in words for the admin"
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    phash = models.BigIntegerField(null=True, blank=True, db_index=True)
    thumbnail = models.BinaryField(null=True, blank=True, help_text="as ml.inspect.near packs it")
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    colours = models.JSONField(default=list, blank=True)
    blocked = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    waiting_since = models.DateTimeField(db_default=Now(), editable=False, help_text="when it last became pending")
    inspected_at = models.DateTimeField(null=True, blank=True)
    indexed_at = models.DateTimeField(null=True, blank=True)
    history = TrackedFields("product", "position", "source", "folder", "alt", "blocked", indexed=("product",))

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["product", "source"], name="one_image_per_source")]


class LateDay(models.Model):
    """How many pictures became searchable later than promised, by the UTC day on which they did. Only ever grows."""

    day = models.DateField(primary_key=True)
    pictures = models.PositiveBigIntegerField(default=0)
