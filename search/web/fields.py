"""Values that arrive as text in a form and as structure in JSON."""

import json
from math import isfinite

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

MAX_PIXEL = 1e6


class StrictSerializer(serializers.Serializer):
    """Refuses what it does not know: a misspelt filter that is ignored would answer another question."""

    def to_internal_value(self, data):
        unknown = sorted(set(data) - set(self.fields)) if hasattr(data, "keys") else []
        if unknown:
            raise serializers.ValidationError({name[:100]: ["There is no such field."] for name in unknown[:10]})
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "example": "120,80,560,430", "description": "x1,y1,x2,y2 of the upright photo"})
class BoxField(serializers.Field):
    """ "x1,y1,x2,y2", or a list of four numbers, in pixels of the upright photo."""

    def to_internal_value(self, data) -> tuple[float, float, float, float]:
        parts = data.strip("[] ").split(",") if isinstance(data, str) else data
        try:
            x1, y1, x2, y2 = (float(part) for part in parts)
        except (TypeError, ValueError, OverflowError):
            raise serializers.ValidationError("A box is four numbers: x1,y1,x2,y2.") from None
        if not all(isfinite(edge) and abs(edge) <= MAX_PIXEL for edge in (x1, y1, x2, y2)):
            raise serializers.ValidationError("A box is four finite numbers of pixels.")
        return x1, y1, x2, y2

    def to_representation(self, value):
        return list(value)


class FromText:
    """A nested serializer that also takes its JSON as text, which is all that a form can carry."""

    def to_internal_value(self, data):
        if isinstance(data, str):
            try:
                data = json.loads(data)
            except (ValueError, RecursionError):
                raise serializers.ValidationError({"non_field_errors": ["This is not JSON."]}) from None
        return super().to_internal_value(data)

    def get_value(self, dictionary):
        return dictionary.get(self.field_name, serializers.empty)
