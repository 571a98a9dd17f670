"""What the API takes and gives, as the OpenAPI schema shows it."""

from decimal import Decimal

from rest_framework import serializers

from search.types import Filters, Query
from search.web.fields import BoxField, FromText, StrictSerializer

MAX_LIMIT = 50
MAX_PRICE = Decimal("9999999999")
MAX_ID = 2**63 - 1
SELLER = "a seller's name; price and stock must hold for an offer of theirs"


class DetectionRequest(StrictSerializer):
    image = serializers.FileField(allow_empty_file=True, help_text="JPEG, PNG, WebP, HEIC, GIF, BMP, TIFF or AVIF")


class WeightsRequest(FromText, StrictSerializer):
    image = serializers.FloatField(min_value=0, max_value=1000, default=0.6)
    text = serializers.FloatField(min_value=0, max_value=1000, default=0.4)

    def validate(self, attrs):
        if not attrs["image"] + attrs["text"] > 0:  # also refuses what is not a number
            raise serializers.ValidationError("One of the weights must be above 0.")
        return attrs


class FiltersRequest(FromText, StrictSerializer):
    category = serializers.CharField(max_length=500, required=False, help_text="slug, path or name")
    price_min = serializers.DecimalField(12, 2, min_value=Decimal(0), max_value=MAX_PRICE, required=False)
    price_max = serializers.DecimalField(12, 2, min_value=Decimal(0), max_value=MAX_PRICE, required=False)
    in_stock = serializers.BooleanField(required=False, allow_null=True, default=None)
    seller = serializers.CharField(max_length=120, required=False, help_text=SELLER)
    attributes = serializers.DictField(child=serializers.CharField(max_length=200), required=False)

    def validate_attributes(self, value: dict) -> dict:
        if len(value) > 10 or any("\0" in name or len(name) > 100 for name in value):
            raise serializers.ValidationError("At most ten attributes, with names of at most 100 characters.")
        return value


class SearchRequest(StrictSerializer):
    """One or more of image, photo, image_url, product_id and text; or a cursor alone for the next page."""

    image = serializers.FileField(allow_empty_file=True, required=False)
    photo = serializers.CharField(max_length=100, required=False, help_text="token of an uploaded photo")
    image_url = serializers.CharField(max_length=2000, required=False)
    product_id = serializers.IntegerField(min_value=1, max_value=MAX_ID, required=False)
    text = serializers.CharField(required=False, allow_blank=True)
    bbox = BoxField(required=False)
    mode = serializers.ChoiceField(["similar", "same_product"], default="similar")
    weights = WeightsRequest(required=False)
    filters = FiltersRequest(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=20)
    cursor = serializers.CharField(max_length=200, required=False)


class TextSearchRequest(StrictSerializer):
    """A search by text alone, as a link."""

    q = serializers.CharField(required=False, allow_blank=True)
    mode = serializers.ChoiceField(["similar", "same_product"], default="similar")
    category = serializers.CharField(max_length=500, required=False)
    price_min = serializers.DecimalField(12, 2, min_value=Decimal(0), max_value=MAX_PRICE, required=False)
    price_max = serializers.DecimalField(12, 2, min_value=Decimal(0), max_value=MAX_PRICE, required=False)
    in_stock = serializers.BooleanField(required=False, allow_null=True, default=None)
    seller = serializers.CharField(max_length=120, required=False, help_text=SELLER)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=20)
    cursor = serializers.CharField(max_length=200, required=False)


class ClickRequest(StrictSerializer):
    product_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    rank = serializers.IntegerField(min_value=1, max_value=10_000)


class FlagRequest(StrictSerializer):
    product_id = serializers.IntegerField(min_value=1, max_value=MAX_ID)
    withdrawn = serializers.BooleanField(default=False)


class ObjectResponse(serializers.Serializer):
    bbox = serializers.ListField(child=serializers.FloatField(), min_length=4, max_length=4)
    score = serializers.FloatField()
    label = serializers.CharField(allow_blank=True)


class DetectionResponse(serializers.Serializer):
    photo = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    objects = ObjectResponse(many=True)
    fallback = serializers.BooleanField()
    stages_ms = serializers.DictField(child=serializers.FloatField())


class ResultResponse(serializers.Serializer):
    rank = serializers.IntegerField()
    product_id = serializers.IntegerField()
    sku = serializers.CharField()
    title = serializers.CharField()
    brand = serializers.CharField(allow_blank=True)
    category = serializers.CharField(allow_blank=True)
    price = serializers.DecimalField(12, 2, allow_null=True)
    currency = serializers.CharField(allow_blank=True)
    in_stock = serializers.BooleanField()
    image_url = serializers.CharField(allow_blank=True)
    score = serializers.FloatField()
    scores = serializers.DictField(child=serializers.FloatField())
    also = serializers.IntegerField(help_text="near-duplicate listings folded into this one")
    also_ids = serializers.ListField(child=serializers.IntegerField())


class SearchResponse(serializers.Serializer):
    query_id = serializers.UUIDField()
    results = ResultResponse(many=True)
    next_cursor = serializers.CharField(allow_null=True)
    understanding = serializers.DictField()
    partial = serializers.BooleanField()
    bundle = serializers.CharField()
    generation = serializers.CharField(allow_null=True)
    degraded = serializers.ListField(
        child=serializers.CharField(), help_text="what could not be looked at, or is not as fresh as usual, in words"
    )
    stages_ms = serializers.DictField(child=serializers.FloatField())


def query_from(asked: dict, image: bytes | None) -> Query:
    """The frozen query of a validated request; `image` is the uploaded or fetched file."""
    weights = asked.get("weights")
    return Query(
        image=image,
        photo=asked.get("photo"),
        product_id=asked.get("product_id"),
        text=asked.get("text", asked.get("q")),
        bbox=asked.get("bbox"),
        mode=asked["mode"],
        weights=(weights["image"], weights["text"]) if weights else Query().weights,
        filters=Filters(**asked.get("filters", {})),
        limit=asked["limit"],
        cursor=asked.get("cursor"),
    )


def query_from_link(asked: dict) -> Query:
    """The frozen query of a validated link."""
    names = [name for name in ("category", "price_min", "price_max", "in_stock", "seller") if name in asked]
    return query_from(asked | {"filters": {name: asked[name] for name in names}}, None)
