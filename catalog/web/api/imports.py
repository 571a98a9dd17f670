"""Imports of feeds, which take their time: each is an operation that is started, watched, and can be stopped."""

import json

from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from access.idempotency import once_per_key
from catalog.errors import UnknownFeed
from catalog.feeds import queries, services
from catalog.feeds.models import FeedSource, Import, Missing, Part
from catalog.ingest.rows import MAX_COLUMNS
from catalog.ingest.validate import is_address
from catalog.web.api.door import CatalogDoor, NewestFirst, asked, problems
from catalog.web.serializers import StrictSerializer

ASK_AGAIN_S = 2
OFFSET = "Upload-Offset"
FIRST_BYTE = {"type": "integer", "minimum": 0}


class ColumnsField(serializers.DictField):
    """Column: field. A form has it as JSON in one field, where DRF would look for a field for each column."""

    def get_value(self, dictionary):
        return dictionary.get(self.field_name, serializers.empty)

    def to_internal_value(self, data) -> dict[str, str]:
        if isinstance(data, str):
            try:
                data = json.loads(data)
            except ValueError:
                raise serializers.ValidationError('This is not JSON like {"Art. no.": "id"}.') from None
        if isinstance(data, dict) and len(data) > MAX_COLUMNS:
            raise serializers.ValidationError(f"At most {MAX_COLUMNS} columns are read.")
        return super().to_internal_value(data)


class How(StrictSerializer):
    part = serializers.ChoiceField(Part.choices, required=False, help_text="all of the feed, or stock and price only")
    missing = serializers.ChoiceField(
        Missing.choices, required=False, help_text="what becomes of products that the feed does not hold any more"
    )
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False, help_text="of prices that name none")
    run = serializers.BooleanField(default=True, help_text="false: wait for /run after the dry run")
    feed = serializers.CharField(max_length=120, required=False, help_text="the feed that this is one more of")
    mapping = ColumnsField(
        child=serializers.CharField(allow_blank=True, max_length=50),
        required=False,
        help_text='what columns mean that are not recognised, or not rightly: {"Art. no.": "id"}. Empty: not used. '
        "In a form it is JSON in one field",
    )


class NewImport(How):
    """One of `file`, `url`, and `size`: a file of so many bytes that comes in pieces to /imports/{import_id}/file."""

    file = serializers.FileField(allow_empty_file=True, required=False)
    url = serializers.URLField(max_length=2000, required=False, help_text="where the worker fetches the feed")
    size = serializers.IntegerField(min_value=1, required=False)
    name = serializers.CharField(max_length=300, required=False)

    def validate_url(self, url: str) -> str:
        if not is_address(url):
            raise serializers.ValidationError("A feed is fetched from an http or https address.")
        return url

    def validate(self, given: dict) -> dict:
        if sum(name in given for name in ("file", "url", "size")) != 1:
            raise serializers.ValidationError({"file": ["Send one of file, url and size."]})
        return given


class ImportShown(serializers.Serializer):
    """An operation. It has ended when `done`."""

    import_id = serializers.IntegerField(source="id")
    name = serializers.CharField()
    feed = serializers.CharField(source="source", help_text="empty for a file that belongs to none")
    state = serializers.ChoiceField(Import.State.choices)
    stage = serializers.CharField()
    done = serializers.SerializerMethodField()
    rows_done = serializers.IntegerField()
    rows_total = serializers.IntegerField()
    rate = serializers.FloatField(help_text="rows a second")
    seconds_left = serializers.FloatField(allow_null=True)
    found = serializers.DictField(child=serializers.IntegerField(), help_text="what the dry run found")
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="what the run did")
    reason = serializers.CharField(help_text="why it waits, failed or was cancelled")
    superseded_by = serializers.IntegerField(allow_null=True, help_text="the newer import of the same feed")
    actor = serializers.CharField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)

    def get_done(self, progress: queries.Progress) -> bool:
        return progress.ended_at is not None


class ImportDoor(CatalogDoor):
    scope = write_scope = "imports"


class Imports(ImportDoor):
    parser_classes = [MultiPartParser, JSONParser]
    pagination_class = NewestFirst
    serializer_class = ImportShown
    queryset = Import.objects.select_related("source")

    @extend_schema(operation_id="list_imports", responses={200: ImportShown(many=True), **problems()})
    def get(self, request: Request) -> Response:
        """The newest first."""
        shown = [queries.progress_of(found) for found in self.paginate_queryset(self.get_queryset())]
        return self.get_paginated_response(ImportShown(shown, many=True).data)

    @extend_schema(
        operation_id="start_import",
        request={"multipart/form-data": NewImport, "application/json": NewImport},
        responses={202: ImportShown, **problems(400, 404, 409, 413, 415, 422)},
    )
    @once_per_key
    def post(self, request: Request) -> Response:
        """Start one. Ask at Location how far it is, after as many seconds as Retry-After says."""
        given = asked(NewImport(data=request.data))
        how = {name: given[name] for name in ("part", "missing", "currency", "mapping") if name in given}
        how |= {"source": feed_named(given.get("feed")), "run_when_checked": given["run"]}
        how |= {"actor": request.user.get_username(), "name": given.get("name", "")}
        if "size" in given:
            return operation(services.begin_upload(size=given["size"], **how))
        file = given.get("file")
        how["name"] = how["name"] or (file.name if file else "")
        return operation(services.start_import(file=file, url=given.get("url", ""), **how))


class OneImport(ImportDoor):
    @extend_schema(operation_id="read_import", responses={200: ImportShown, **problems(404)})
    def get(self, request: Request, import_id: int) -> Response:
        """How far it is."""
        progress = queries.progress(import_id)
        return Response(ImportShown(progress).data, headers=ask_again(progress))


class Pieces(BaseParser):
    """A piece of a file, as it is."""

    media_type = "application/octet-stream"

    def parse(self, stream, media_type=None, parser_context=None) -> bytes:
        return stream.read()


class ImportFile(ImportDoor):
    parser_classes = [Pieces]

    @extend_schema(
        operation_id="upload_import",
        parameters=[
            OpenApiParameter(OFFSET, FIRST_BYTE, OpenApiParameter.HEADER, required=True, description="its first byte")
        ],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={202: ImportShown, **problems(400, 404, 409, 413, 415)},
    )
    def patch(self, request: Request, import_id: int) -> Response:
        """One piece of a large file, 25 MB at most. After the last byte the import goes on by itself."""
        offset = request.headers.get(OFFSET, "")
        if not (offset.isascii() and offset.isdigit() and len(offset) < 16):
            raise ParseError(f"{OFFSET} says at which byte of the file this piece begins.")
        there = services.append_upload(import_id, int(offset), request.data)
        answer = operation(queries.import_or_unknown(import_id))
        answer[OFFSET] = str(there)
        return answer


def actor(request: Request) -> str:
    return request.user.get_username()


def feed_named(name: str | None) -> FeedSource | None:
    """Raises UnknownFeed."""
    if name is None:
        return None
    feed = FeedSource.objects.filter(name=name).first()
    if feed is None:
        raise UnknownFeed
    return feed


def operation(found: Import) -> Response:
    """202, and where to ask."""
    progress = queries.progress_of(found)
    headers = {"Location": reverse("api-import", args=[found.pk]), **ask_again(progress)}
    return Response(ImportShown(progress).data, status=202, headers=headers)


def ask_again(progress: queries.Progress) -> dict[str, str]:
    """When, or nothing where there is nothing to wait for."""
    return {"Retry-After": str(ASK_AGAIN_S)} if progress.working else {}
