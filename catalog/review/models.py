"""What inspection found and people decided about it: warnings, rules for pictures, pairs that look the same."""

from django.db import models
from django.db.models import Q

WORDS = {
    "allow": "may be shown",
    "reject": "taken out",
    "block": "blocked",
    "unblock": "shown again",
    "same_product": "same product",
    "same_picture": "same picture",
    "accepted": "suggestion accepted",
    "declined": "suggestion declined",
    "undo": "taken back",
}


LACKING = ("color", "material")  # besides the category: what a product is asked about
LACKS = Q(category=None) | ~Q(attributes__has_keys=list(LACKING))  # of a Product, which has an index that says the same


class Inspection(models.Model):
    """What inspection found wrong with a picture, and the copy that a person may look at. Most pictures have none.

    A picture that is fetched again is inspected again, and its row replaced.
    """

    class Cause(models.TextChoices):
        """Why a picture was held or rejected; "" while it is only warned of."""

        NONE = ""
        SAFETY = "safety"
        QUALITY = "quality"
        BLOCKLIST = "blocklist"
        PERSON = "person"

    image = models.OneToOneField("catalog.Image", on_delete=models.CASCADE, primary_key=True, related_name="inspection")
    cause = models.CharField(max_length=10, choices=Cause, default=Cause.NONE, blank=True)
    warnings = models.JSONField(default=list, blank=True, help_text="[kind, sentence], worst first")
    open = models.BooleanField(default=False, help_text="its warnings wait for a person")
    parts = models.JSONField(default=list, blank=True, help_text="[label, score, [x1, y1, x2, y2]] of bare skin")
    kept = models.CharField(max_length=300, blank=True, help_text="private storage name of what was held or rejected")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [models.Index(fields=["image"], condition=Q(open=True), name="open_inspections")]


class PictureRule(models.Model):
    """A person's word on a picture, whenever it comes again: never show it, not here, or it is fine as it is.

    Block counts for every picture that looks the same; allow and reject for the same bytes, or the same look at the
    same product. Of several the latest counts.
    """

    class Verdict(models.TextChoices):
        BLOCK = "block"
        ALLOW = "allow"
        REJECT = "reject"

    verdict = models.CharField(max_length=6, choices=Verdict)
    sha256 = models.CharField(max_length=64, db_index=True)
    phash = models.BigIntegerField()
    thumbnail = models.BinaryField()
    sku = models.CharField(max_length=100, blank=True, help_text="of the product it was seen at")
    by = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["verdict"], condition=Q(withdrawn_at=None), name="picture_rules_in_force")]


class NearDuplicate(models.Model):
    """Two pictures of two products that look the same. Found when the later one is inspected."""

    image = models.ForeignKey("catalog.Image", on_delete=models.CASCADE, related_name="later_twins")
    other = models.ForeignKey("catalog.Image", on_delete=models.CASCADE, related_name="earlier_twins")
    bits = models.PositiveSmallIntegerField(help_text="by which their hashes differ")
    distance = models.FloatField(help_text="of their thumbnails, CIELAB")
    decided = models.BooleanField(
        default=False,
        db_default=False,
        help_text="there is a PairVerdict; said here to find soon what is open",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["image", "other"], name="one_near_duplicate_per_pair")]
        indexes = [models.Index(fields=["id"], condition=Q(decided=False), name="undecided_near_duplicates")]


class PairVerdict(models.Model):
    """What a person said of two SKUs whose pictures look the same. It outlives the pictures and the products."""

    class Verdict(models.TextChoices):
        SAME_PRODUCT = "same_product", "same product"
        SAME_PICTURE = "same_picture", "same picture"
        DIFFERENT = "different", "different"

    sku = models.CharField(max_length=100, db_collation="C", help_text="the lesser of the two")
    other_sku = models.CharField(max_length=100, db_collation="C", db_index=True)
    verdict = models.CharField(max_length=12, choices=Verdict)
    by = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sku", "other_sku"], name="one_verdict_per_pair"),
            models.CheckConstraint(condition=Q(sku__lt=models.F("other_sku")), name="pair_in_order"),
        ]


class Decision(models.Model):
    """What a person decided in review, append-only. Names outlive the rows that they name; an undo is one more row."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    by = models.CharField(max_length=150, db_index=True)
    queue = models.CharField(max_length=20)
    verdict = models.CharField(max_length=20)
    subject = models.CharField(max_length=300, help_text="in words: SKUs, a seller")
    detail = models.JSONField(default=dict, help_text="what was changed, so that it can be taken back")
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")

    class Meta:
        indexes = [models.Index(fields=["queue", "subject"])]

    @property
    def said(self) -> str:
        """The verdict in words."""
        return WORDS.get(self.verdict, self.verdict)
