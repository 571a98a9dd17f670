"""A token per visitor, so that one whose searches a shadow bundle answers goes on seeing that bundle.

It is given out only while a bundle is being compared, with the answer to a search, and kept nowhere but in the cookie.
Who sends none is answered by the live bundle.
"""

import re
import secrets
from dataclasses import replace

from django.http import HttpRequest, HttpResponse

from search.retrieve.follow import latest
from search.types import Query

COOKIE = "visitor"
MAX_AGE_S = 365 * 24 * 3600
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


def as_visitor(request: HttpRequest, query: Query) -> Query:
    """The query as this visitor's."""
    request = getattr(request, "_request", request)  # the API's requests wrap Django's
    request.searched = True
    token = request.COOKIES.get(COOKIE, "")
    return replace(query, visitor=token) if TOKEN.fullmatch(token) else query


class Visitors:
    """Middleware: gives the token to who has none."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "searched", False) and latest().shadows and COOKIE not in request.COOKIES:
            response.set_cookie(
                COOKIE,
                secrets.token_urlsafe(16),
                max_age=MAX_AGE_S,
                secure=request.is_secure(),
                httponly=True,
                samesite="Lax",
            )
        return response
