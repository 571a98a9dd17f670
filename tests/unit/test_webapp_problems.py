"""Named errors become problem+json with their own words; unknown ones tell strangers nothing."""

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from rest_framework import exceptions

from catalog.errors import FetchFailed, SkuTaken
from ml.errors import ImageRejected
from search.errors import Overloaded, PhotoExpired
from webapp.problems import CONTENT_TYPE, exception_handler


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ImageRejected("too_many_bytes", "Too large."), 413, "too-many-bytes"),
        (ImageRejected("unsupported_format", "SVG."), 415, "unsupported-format"),
        (ImageRejected("truncated", "Cut off."), 422, "truncated"),
        (PhotoExpired(), 410, "photo-expired"),
        (SkuTaken(), 409, "sku-taken"),
        (FetchFailed(), 422, "fetch-failed"),
        (RequestDataTooBig(), 413, None),
        (SuspiciousOperation(), 400, None),
        (OperationalError("couldn't get a connection"), 503, "unavailable"),
        (exceptions.UnsupportedMediaType("text/xml"), 415, None),
        (exceptions.Throttled(3), 429, None),
        (exceptions.ValidationError({"text": ["Too long."]}), 400, "invalid"),
    ],
)
def test_named_errors(error, status, code):
    response = exception_handler(error, {})
    assert (response.status_code, response.data["status"], response.content_type) == (status, status, CONTENT_TYPE)
    assert response.data["detail"]
    assert code in (None, response.data["code"])


def test_retry_after_is_a_header():
    assert int(exception_handler(Overloaded(), {})["Retry-After"]) > 0
    assert int(exception_handler(OperationalError(), {})["Retry-After"]) > 0
    assert int(exception_handler(exceptions.Throttled(3), {})["Retry-After"]) > 0


def test_unknown_errors_are_logged_and_keep_their_words(caplog):
    response = exception_handler(RuntimeError("the password is secret"), {})
    assert response.status_code == 500
    assert "secret" not in str(response.data)
    assert "RuntimeError" in caplog.text
