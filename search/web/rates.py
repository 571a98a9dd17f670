"""The rate at which one address may send photos: the API and the pages count together."""

from types import SimpleNamespace

from django.http import HttpRequest
from rest_framework.throttling import ScopedRateThrottle

UPLOADS = SimpleNamespace(throttle_scope="detections")


def wait_before_upload_s(request: HttpRequest) -> int | None:
    """How long this shopper has to wait before the next photo; None where there is no need to."""
    throttle = ScopedRateThrottle()
    return None if throttle.allow_request(request, UPLOADS) else max(1, round(throttle.wait() or 1))
