"""What the doors of the catalog's API share: who may enter, pages, and what the schema says of problems."""

from collections.abc import Callable
from functools import wraps

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiResponse
from rest_framework import generics, serializers
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from access.authentication import InScope
from access.models import Token
from catalog.history import by, recorded

Method = Callable[..., Response]


class Problem(serializers.Serializer):
    """RFC 9457. `code` is for programs, `detail` for people, `errors` names the fields that are not right."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    errors = serializers.DictField(required=False)


def problems(*statuses: int) -> dict:
    """Of every door: 401, 403, 429 and 503; and these."""
    return {
        (str(status), "application/problem+json"): OpenApiResponse(Problem)
        for status in sorted({401, 403, 429, 503, *statuses})
    }


class Pages(CursorPagination):
    """Stable while the catalog changes; a page costs the same wherever it is."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "id"

    def get_page_size(self, request):
        """More than the largest page is the largest page. Raises ValidationError for what is no number of rows."""
        asked = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not (asked.isascii() and asked.isdecimal() and asked.strip("0")):
            raise serializers.ValidationError({"limit": [f"This is a whole number from 1 to {self.max_page_size}."]})
        return self.max_page_size if len(asked) > 9 else min(int(asked), self.max_page_size)

    def decode_cursor(self, request):
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and not cursor.position.isdecimal():
            raise NotFound(self.invalid_cursor_message)
        return cursor


class NewestFirst(Pages):
    ordering = "-id"


class CatalogDoor(generics.GenericAPIView):
    permission_classes = [InScope]
    scope, write_scope = "catalog:read", "catalog:write"
    parser_classes = [JSONParser]
    pagination_class = Pages

    def page(self, rows: QuerySet, serializer: type[serializers.Serializer]) -> Response:
        """The asked page of these rows."""
        shown = self.paginate_queryset(rows)
        return self.get_paginated_response(serializer(shown, many=True).data)


def in_history(what: str) -> Callable[[Method], Method]:
    """A decorator of a method that changes the catalog: all that it changes is one entry of the history."""

    def decorate(method: Method) -> Method:
        @wraps(method)
        def door(view, request: Request, *args, **kwargs) -> Response:
            with recorded(who(request), what, request.user):
                return method(view, request, *args, **kwargs)

        return door

    return decorate


def who(request: Request) -> str:
    """The person, and the program that acts for them."""
    return f"{by(request.user)}, by {request.auth.name}" if isinstance(request.auth, Token) else by(request.user)


def asked(serializer: serializers.Serializer) -> dict:
    """What was sent, validated. Raises ValidationError."""
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


def query(serializer: type[serializers.Serializer], request: Request) -> dict:
    """The same for what stands in the address, beside the page."""
    given = {name: value for name, value in request.query_params.items() if name not in ("cursor", "limit")}
    return asked(serializer(data=given))
