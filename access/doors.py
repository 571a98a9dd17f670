"""The decorator of every page that not everybody may open. Permissions decide, never `is_staff`."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

View = Callable[..., HttpResponse]


def may(user, *permissions: str) -> bool:
    """Active, and holder of one of the permissions. Also for the user of a websocket; asks the database."""
    return bool(user and user.is_active and any(user.has_perm(code) for code in permissions))


def only_with(*permissions: str, home: str) -> Callable[[View], View]:
    """A decorator: strangers are sent to sign in and come back, who signed in without any of `permissions` is refused.

    `home`: the name of the page to come back to where the request does not say which page it was sent from.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def door(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if may(request.user, *permissions):
                return view(request, *args, **kwargs)
            if request.user.is_authenticated:
                raise PermissionDenied
            return sign_in(request, home)

        return door

    return decorate


def sign_in(request: HttpRequest, home: str) -> HttpResponse:
    """To the form. What was sent meanwhile is not sent again, so a form leads back to the page it was on.

    A script that asks for JSON is told so instead: it keeps what it could not send, and sends it after signing in.
    """
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"code": "signed-out", "detail": "You are signed out. Sign in, and go on."}, status=401)
    response = redirect_to_login(page_of(request) or reverse(home))
    if "HX-Request" in request.headers:  # HTMX would follow the redirect and put the form into a part of the page
        return HttpResponse(status=204, headers={"HX-Redirect": response.url})
    return response


def page_of(request: HttpRequest) -> str:
    """The address of the page that the visitor sees; empty where it is not one of ours."""
    if request.method in ("GET", "HEAD") and "HX-Request" not in request.headers:
        return request.get_full_path()
    address = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return ""
    parts = urlsplit(address)
    return parts.path + (f"?{parts.query}" if parts.query else "")
