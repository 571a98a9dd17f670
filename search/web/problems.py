"""Named errors in a shopper's words, as a page or, for HTMX, as the part that is swapped in."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from search.errors import SearchError

TITLES = {
    410: "This photo is gone",
    413: "This photo is too large",
    415: "This kind of file does not work",
    503: "One moment please",
}
TEXTS = {
    "photo-expired": "Photos are kept for a short time only. Take it again and go on from there.",
    "box-outside": "The frame lies outside of the photo. Tap something in the photo, or draw the frame again.",
    "unavailable": "Search is starting, or its database is away for the moment. Try again in a few seconds.",
    "overloaded": "More people are searching than we can carry right now. Try again in a few seconds.",
    "unknown-product": "This product is no longer in the shop.",
    "bad-cursor": "This list of results is no longer kept. Search again from the start.",
}
UPLOAD_STATUS = {"too-many-bytes": 413, "unsupported-format": 415}


@dataclass(frozen=True, slots=True)
class Problem:
    status: int
    title: str
    text: str
    retry: bool


def problem_of(error: SearchError) -> Problem:
    status = UPLOAD_STATUS.get(error.code, error.status)
    fallback = "This photo cannot be used" if status == 422 else "That did not work"
    return Problem(status, TITLES.get(status, fallback), TEXTS.get(error.code, error.detail), status == 503)


def in_plain_words(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A door's decorator: a SearchError becomes problem.html with the error's status."""

    @wraps(view)
    def door(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except SearchError as error:
            return render_problem(request, problem_of(error), getattr(error, "retry_after_s", None))

    return door


def render_problem(request: HttpRequest, problem: Problem, retry_after_s: int | None = None) -> HttpResponse:
    template = "problem_card.html" if wants_part(request) else "problem.html"
    response = render(request, template, {"problem": problem}, status=problem.status)
    if retry_after_s:
        response["Retry-After"] = str(retry_after_s)
    return response


def wants_part(request: HttpRequest) -> bool:
    """True for HTMX and for the uploading script; a history restore needs the whole page."""
    headers = request.headers
    return ("HX-Request" in headers or "X-Upload" in headers) and "HX-History-Restore-Request" not in headers
