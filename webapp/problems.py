"""Errors of the API as RFC 9457 problem+json. The core raises named errors; here they become HTTP."""

import logging
from http import HTTPStatus

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler
from rest_framework.views import set_rollback

from catalog import outage
from ml.errors import ImageRejected

CONTENT_TYPE = "application/problem+json"
IMAGE_STATUS = {"too_many_bytes": 413, "unsupported_format": 415}
RETRY_AFTER_S = 2
OFFICE = ("/admin/", "/manage/", "/operator/", "/label/")
log = logging.getLogger(__name__)


def problem(status: int, detail: str, code: str | None = None, **more) -> dict:
    """The members of RFC 9457, and `code` for programs."""
    title = HTTPStatus(status).phrase
    code = code or title.lower().replace(" ", "-")
    return {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code, **more}


def exception_handler(error: Exception, context: dict) -> Response | None:
    """What DRF calls for every exception of an API view. An unknown one is logged and answered with 500."""
    headers = {}
    body = from_named_error(error)
    if body is None and (answer := drf_handler(error, context)) is not None:
        body = from_drf(error, answer)
        headers = {name: value for name, value in answer.items() if name.lower() != "content-type"}
    if body is None:
        log.error("unhandled error in the API", exc_info=error)
        body = problem(500, "Something went wrong here. It has been logged.")
    if retry_after_s := getattr(error, "retry_after_s", RETRY_AFTER_S if body["status"] == 503 else None):
        headers["Retry-After"] = str(retry_after_s)
    set_rollback()
    return Response(body, status=body["status"], headers=headers, content_type=CONTENT_TYPE)


def from_named_error(error: Exception) -> dict | None:
    """Errors of ml, catalog and search: they carry their own words, and a status unless they come from ml."""
    if isinstance(error, ImageRejected):
        return problem(IMAGE_STATUS.get(error.code, 422), error.detail, error.code.replace("_", "-"))
    if isinstance(error, RequestDataTooBig):
        return problem(413, "The request is too large.")
    if isinstance(error, OperationalError | InterfaceError):  # also a pool that had no connection to give in time
        log.error("the database did not answer", exc_info=None if outage.is_away() else error)
        return problem(503, "The database cannot be reached. Try again in a moment.", "unavailable")
    if isinstance(error, SuspiciousOperation | BadRequest):
        return problem(400, "The request cannot be understood.")
    if isinstance(error, exceptions.APIException):
        return None
    if isinstance(status := getattr(error, "status", None), int) and hasattr(error, "detail"):
        return problem(status, error.detail, getattr(error, "code", None))
    return None


def from_drf(error: Exception, answer: Response) -> dict:
    if isinstance(error, exceptions.ValidationError):
        return problem(answer.status_code, "Some fields are not right.", "invalid", errors=answer.data)
    return problem(answer.status_code, str(answer.data.get("detail", "")))


def is_api(request) -> bool:
    return request.path.startswith("/api/")


def plain(status: int, detail: str) -> JsonResponse:
    return JsonResponse(problem(status, detail), status=status, content_type=CONTENT_TYPE)


def not_found(request, exception):
    """The shop's page, for those who work here their own one with the ways to the other pages."""
    if is_api(request):
        return plain(404, "There is nothing here.")
    works_here = request.path.startswith(OFFICE) and request.user.is_authenticated
    return defaults.page_not_found(request, exception, "404_office.html" if works_here else "404.html")


def server_error(request):
    return plain(500, "Something went wrong here.") if is_api(request) else defaults.server_error(request)


def bad_request(request, exception):
    if is_api(request):
        return plain(400, "The request cannot be understood.")
    return defaults.bad_request(request, exception)


def forbidden(request, exception):
    return plain(403, "This is not allowed.") if is_api(request) else defaults.permission_denied(request, exception)
