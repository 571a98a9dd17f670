"""What an import found, row by row, and the wrong rows as a feed."""

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.feeds import queries
from catalog.feeds.models import ImportProblem, ImportRow
from catalog.feeds.problems import error_file
from catalog.web.api.door import problems, query
from catalog.web.api.imports import ImportDoor
from catalog.web.feed_files import download
from catalog.web.serializers import StrictSerializer


class ProblemShown(serializers.ModelSerializer):
    class Meta:
        model = ImportProblem
        fields = ["line", "kind", "sku", "reason", "cells"]


class DifferenceShown(serializers.ModelSerializer):
    class Meta:
        model = ImportRow
        fields = ["line", "sku", "kind", "changes"]


class Wanted(StrictSerializer):
    kind = serializers.ChoiceField(ImportRow.Kind.choices, required=False)


class ImportProblems(ImportDoor):
    serializer_class = ProblemShown
    queryset = ImportProblem.objects.exclude(kind=ImportProblem.Kind.BESIDE)

    @extend_schema(operation_id="list_import_problems", responses={200: ProblemShown(many=True), **problems(404)})
    def get(self, request: Request, import_id: int) -> Response:
        """Rows that were not taken over, in the file's order."""
        return self.page(self.get_queryset().filter(of=queries.import_or_unknown(import_id)), ProblemShown)


class ImportDifferences(ImportDoor):
    serializer_class = DifferenceShown
    queryset = ImportRow.objects.all()

    @extend_schema(
        operation_id="list_import_differences",
        parameters=[Wanted],
        responses={200: DifferenceShown(many=True), **problems(400, 404)},
    )
    def get(self, request: Request, import_id: int) -> Response:
        """What the dry run found, row by row."""
        rows = self.get_queryset().filter(of=queries.import_or_unknown(import_id), **query(Wanted, request))
        return self.page(rows, DifferenceShown)


class ImportErrors(ImportDoor):
    @extend_schema(
        operation_id="read_import_errors",
        responses={("200", "text/csv"): OpenApiTypes.BINARY, **problems(404)},
    )
    def get(self, request: Request, import_id: int) -> HttpResponse:
        """The wrong rows as a feed: mend them and start an import with the file as it is."""
        found = queries.import_or_unknown(import_id)
        return download(f"errors-{found.pk}.csv", "text/csv; charset=utf-8", error_file(found))
