"""What can be done with an import that has begun."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.idempotency import once_per_key
from catalog.feeds import services
from catalog.web.api.door import asked, problems
from catalog.web.api.imports import ImportDoor, ImportShown, actor, operation
from catalog.web.serializers import StrictSerializer


class Run(StrictSerializer):
    accept_missing = serializers.BooleanField(default=False, help_text="yes, so many products may go")


class RunImport(ImportDoor):
    @extend_schema(operation_id="run_import", request=Run, responses={202: ImportShown, **problems(400, 404, 409, 422)})
    @once_per_key
    def post(self, request: Request, import_id: int) -> Response:
        """Take over what the dry run found."""
        return operation(services.run(import_id, actor(request), **asked(Run(data=request.data))))


class PauseImport(ImportDoor):
    @extend_schema(
        operation_id="pause_import", request=None, responses={202: ImportShown, **problems(400, 404, 409, 422)}
    )
    @once_per_key
    def post(self, request: Request, import_id: int) -> Response:
        """After the rows that are being stored."""
        return operation(services.pause(import_id, actor(request)))


class ResumeImport(ImportDoor):
    @extend_schema(
        operation_id="resume_import", request=None, responses={202: ImportShown, **problems(400, 404, 409, 422)}
    )
    @once_per_key
    def post(self, request: Request, import_id: int) -> Response:
        """From where it was paused."""
        return operation(services.resume(import_id, actor(request)))


class CancelImport(ImportDoor):
    @extend_schema(
        operation_id="cancel_import", request=None, responses={202: ImportShown, **problems(400, 404, 409, 422)}
    )
    @once_per_key
    def post(self, request: Request, import_id: int) -> Response:
        """What is stored stays stored."""
        return operation(services.cancel(import_id, actor(request)))
