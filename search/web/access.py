"""Who may enter the operator's doors."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse


def is_operator(user) -> bool:
    """Staff, and still active. Also for the user of a websocket."""
    return bool(user and user.is_active and user.is_staff)


def operators_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A door's decorator: strangers are sent to sign in and come back, signed-in shoppers are refused."""

    @wraps(view)
    def door(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if is_operator(request.user):
            return view(request, *args, **kwargs)
        if request.user.is_authenticated:
            raise PermissionDenied
        return sign_in(request)

    return door


def sign_in(request: HttpRequest) -> HttpResponse:
    """To the admin's form; a form that was sent meanwhile is not sent again, so it leads back to the page."""
    page = reverse("operator_index")
    back = request.get_full_path() if request.method == "GET" and "HX-Request" not in request.headers else page
    response = redirect_to_login(back, reverse("admin:login"))
    if "HX-Request" in request.headers:  # HTMX would follow the redirect and put the form into a part of the page
        return HttpResponse(status=204, headers={"HX-Redirect": response.url})
    return response
