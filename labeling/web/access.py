"""Who may enter the doors of judging."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

View = Callable[..., HttpResponse]


def may_rate(user) -> bool:
    return user.has_perm("labeling.rate") or may_lead(user)


def may_lead(user) -> bool:
    return user.has_perm("labeling.lead")


def raters_only(view: View) -> View:
    """A door's decorator: raters and leads; strangers are sent to sign in and come back, others are refused."""
    return only(may_rate, view)


def leads_only(view: View) -> View:
    return only(may_lead, view)


def only(may: Callable[..., bool], view: View) -> View:
    @wraps(view)
    def door(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if may(request.user):
            return view(request, *args, **kwargs)
        if request.user.is_authenticated:
            raise PermissionDenied
        return sign_in(request)

    return door


def sign_in(request: HttpRequest) -> HttpResponse:
    """To the form. A script is told so instead: it keeps what it could not send, and sends it after signing in."""
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"code": "signed-out", "detail": "You are signed out. Sign in, and go on."}, status=401)
    back = request.get_full_path() if request.method == "GET" else reverse("labeling")
    response = redirect_to_login(back, reverse("admin:login"))
    if "HX-Request" in request.headers:  # HTMX would follow the redirect and put the form into a part of the page
        return HttpResponse(status=204, headers={"HX-Redirect": response.url})
    return response
