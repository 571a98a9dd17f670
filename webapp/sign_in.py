"""One form for everybody who works in the shop. Shoppers never see it."""

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from rest_framework.throttling import ScopedRateThrottle

from webapp.problems import is_api, plain

# Where who signed in without having asked for a page is led: the first that their permissions open.
FIRST_PAGES = (
    ("catalog.manage_catalog", "admin:catalog_product_changelist"),
    ("search.operate_index", "operator_index"),
    ("labeling.rate", "labeling"),
    ("labeling.lead", "labeling"),
)


class SignInForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "This name and this password do not belong together. Look at capital letters, too.",
        "inactive": "This account is closed.",
    }


class SignIn(LoginView):
    form_class = SignInForm
    template_name = "sign_in.html"
    redirect_authenticated_user = True
    throttle_scope = "sign-ins"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """A password takes long to check, on purpose: nobody may have very many checked."""
        throttle = ScopedRateThrottle()
        if not throttle.allow_request(request, self):
            return wait(request, "Too many tries from your network.", throttle.wait() or 1)
        return super().post(request, *args, **kwargs)

    def get_default_redirect_url(self) -> str:
        return first_page(self.request.user)


class SignOut(LogoutView):
    next_page = "home"


def first_page(user) -> str:
    for permission, name in FIRST_PAGES:
        if user.has_perm(permission):
            try:
                return reverse(name)
            except NoReverseMatch:
                continue
    return reverse("home")


def locked_out(request: HttpRequest, *args) -> HttpResponse:
    """What django-axes shows after too many wrong passwords, right or wrong as the next one is."""
    return wait(request, "Too many wrong passwords for this name.", settings.AXES_COOLOFF_TIME.total_seconds())


def wait(request: HttpRequest, why: str, seconds: float) -> HttpResponse:
    """The form again, or a problem for a program that came with a password."""
    how_long = "in a minute" if seconds <= 60 else f"in {round(seconds / 60)} minutes"
    text = f"{why} Try again {how_long}."
    if is_api(request):
        response = plain(429, text)
    else:
        context = {"form": SignInForm(request), "wait": text, "next": request.POST.get("next", "")}
        response = render(request, "sign_in.html", context, status=429)
    response["Retry-After"] = str(max(1, round(seconds)))
    return response


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Django's admin sends whom it does not know here, and whom it may not let in."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
