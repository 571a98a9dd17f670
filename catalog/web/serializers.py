"""What the catalog's API takes and gives. Writing goes the feed's way: one row, one Listing."""

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.ingest.validate import ATTRIBUTES, Listing, is_address
from catalog.models import Image, Offer, Product
from catalog.storage import picture_url

MAX_QUANTITY = 2_147_483_647


class StrictSerializer(serializers.Serializer):
    """Refuses what it does not know: a misspelt price that is ignored would stay wrong in silence."""

    def to_internal_value(self, data):
        unknown = sorted(set(data) - set(self.fields)) if hasattr(data, "keys") else []
        if unknown:
            raise serializers.ValidationError({str(name)[:100]: ["There is no such field."] for name in unknown[:10]})
        return super().to_internal_value(data)


class Strict(OpenApiSerializerExtension):
    """The schema says so, too."""

    target_class = StrictSerializer
    match_subclasses = True

    def map_serializer(self, auto_schema, direction):
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        for name, field in self.target.fields.items():
            if isinstance(field, serializers.CharField) and not field.allow_blank:
                schema["properties"][name] = {"minLength": 1, **schema["properties"][name]}
        return schema | {"additionalProperties": False}


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "pattern": r"^\d{1,10}(\.\d{1,2})?$"},
            {"type": "number", "minimum": 0, "maximum": 9_999_999_999},
        ]
    }
)
class PriceField(serializers.DecimalField):
    """As text, which is exact, or as a number."""

    def __init__(self, **how):
        super().__init__(12, 2, min_value=0, **how)


class AttributesField(serializers.DictField):
    child = serializers.CharField(max_length=120, allow_blank=True)

    def to_internal_value(self, data):
        values = super().to_internal_value(data)
        if unknown := set(values) - set(ATTRIBUTES):
            raise serializers.ValidationError(f"Attributes are {', '.join(ATTRIBUTES)}, not {sorted(unknown)[0][:40]}.")
        return values


class PictureAddress(serializers.URLField):
    """An http(s) address. Paths beside a feed mean nothing here."""

    def to_internal_value(self, data):
        address = super().to_internal_value(data)
        if not is_address(address):
            raise serializers.ValidationError("A picture is an http or https address, or an upload to /api/v1/images.")
        return address


class ProductChange(StrictSerializer):
    """Any of these; what is left out stays as it is. An empty text clears."""

    title = serializers.CharField(max_length=300, required=False)
    description = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    brand = serializers.CharField(max_length=120, allow_blank=True, required=False)
    item_group_id = serializers.CharField(max_length=100, allow_blank=True, required=False)
    gtin = serializers.CharField(max_length=50, allow_blank=True, required=False)
    category = serializers.CharField(
        max_length=500, allow_blank=True, required=False, help_text="path: Furniture > Seating > Sofa"
    )
    attributes = AttributesField(required=False)
    price = PriceField(allow_null=True, required=False)
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False)
    availability = serializers.ChoiceField(Offer.Availability.choices, required=False)
    quantity = serializers.IntegerField(min_value=0, max_value=MAX_QUANTITY, allow_null=True, required=False)
    seller = serializers.CharField(max_length=120, required=False)
    images = serializers.ListField(child=PictureAddress(max_length=2000), max_length=20, required=False)
    blocked = serializers.BooleanField(required=False)

    def listing(self, sku: str) -> Listing:
        """The valid data as one row of a feed."""
        given = self.validated_data
        renamed = {"item_group_id": "group_id"}
        texts = ("title", "description", "brand", "item_group_id", "gtin")
        offer = ("price", "currency", "availability", "quantity", "seller")
        return Listing(
            line=0,
            sku=sku,
            product={renamed.get(name, name): given[name] for name in texts if name in given},
            attributes=given.get("attributes", {}),
            category=given.get("category"),
            offer={name: given[name] for name in offer if name in given},
            **pictures(given.get("images")),
        )


class NewProduct(ProductChange):
    sku = serializers.CharField(max_length=100)
    title = serializers.CharField(max_length=300)


def pictures(addresses: list[str] | None) -> dict[str, Any]:
    if addresses is None:
        return {}
    return {"first_image": addresses[0] if addresses else "", "more_images": tuple(addresses[1:])}


class OfferShown(serializers.ModelSerializer):
    seller = serializers.CharField(source="seller.name")

    class Meta:
        model = Offer
        fields = ["seller", "price", "currency", "availability", "quantity", "updated_at"]


class ImageShown(serializers.ModelSerializer):
    image_id = serializers.IntegerField(source="id")
    sku = serializers.CharField(source="product.sku")
    url = serializers.SerializerMethodField()

    class Meta:
        model = Image
        fields = [
            "image_id",
            "sku",
            "position",
            "status",
            "reason",
            "attempts",
            "url",
            "width",
            "height",
            "alt",
            "blocked",
        ]

    def get_url(self, image: Image) -> str:
        return picture_url(image.file)


class ProductShown(serializers.ModelSerializer):
    product_id = serializers.IntegerField(source="id")
    item_group_id = serializers.CharField(source="group_id")
    category = serializers.CharField(source="category.path", default="")
    offers = OfferShown(many=True)
    images = ImageShown(many=True)

    class Meta:
        model = Product
        fields = ["product_id", "sku", "title", "description", "brand", "item_group_id", "gtin", "category"]
        fields += ["attributes", "offers", "images", "blocked", "created_at", "updated_at"]


class ImageAccepted(serializers.Serializer):
    image_id = serializers.IntegerField()
    status = serializers.CharField()
