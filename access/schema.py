"""What the schema says of every door by itself: which scope it asks for, and that its POST can be repeated."""

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from access.authentication import scope_of
from access.idempotency import HEADER, LONGEST

KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Any text that is new for each request, such as a UUID. The same request with the same key within 24 "
    "hours is done once, and answered the same.",
)


class DoorSchema(AutoSchema):
    def get_override_parameters(self) -> list:
        post = getattr(self.view, self.method.lower(), None)
        return [*super().get_override_parameters(), *([KEY] if getattr(post, "once_per_key", False) else [])]

    def get_description(self) -> str:
        text = super().get_description()
        scope = scope_of(self.view, self.method)
        return f"{text}\n\nScope: `{scope}`." if scope else text
