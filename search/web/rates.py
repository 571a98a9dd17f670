"""The rates at which one address may send photos or mark results: the API and the pages count together."""

from types import SimpleNamespace

from django.http import HttpRequest
from rest_framework.throttling import ScopedRateThrottle

UPLOADS = SimpleNamespace(throttle_scope="detections")
FLAGS = SimpleNamespace(throttle_scope="flags")


def wait_before_upload_s(request: HttpRequest) -> int | None:
    """How long this shopper has to wait before the next photo; None where there is no need to."""
    return wait_s(request, UPLOADS)


def wait_before_flag_s(request: HttpRequest) -> int | None:
    """The same before the next result that is marked."""
    return wait_s(request, FLAGS)


def wait_s(request: HttpRequest, what: SimpleNamespace) -> int | None:
    throttle = ScopedRateThrottle()
    return None if throttle.allow_request(request, what) else max(1, round(throttle.wait() or 1))
