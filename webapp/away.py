"""Requests while the catalog's database is away: none waits for it for long, and what needs it says so."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from catalog import outage
from search.web.problems import Problem, render_problem
from webapp.problems import RETRY_AFTER_S, is_api, plain

OTHERS_PATIENCE_S = 15.0  # admins' requests may ask the database for long
SLOW_DOORS = ("/admin/", "/manage/", "/operator/", "/api/v1/products", "/api/v1/offers", "/api/v1/images")
SLOW_DOORS += ("/api/v1/imports",)
AWAY = Problem(503, "One moment please", "Our catalog cannot be reached right now. Try again in a few seconds.", True)


class DatabaseAway:
    """Middleware. Doors that know better, such as searches, answer for themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        slow = request.path.startswith(SLOW_DOORS)
        with outage.patience(OTHERS_PATIENCE_S if slow else settings.SIGHTLINE_DATABASE_PATIENCE_S):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not outage.lost(error):
            return None
        outage.suspect(error)
        if not is_api(request):
            return render_problem(request, AWAY, RETRY_AFTER_S)
        response = plain(503, outage.AWAY)
        response["Retry-After"] = str(RETRY_AFTER_S)
        return response
