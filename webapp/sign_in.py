"""One form for everybody who works in the shop. Shoppers never see it."""

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse

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


def admin_sign_in(request: HttpRequest) -> HttpResponse:
    """Django's admin sends whom it does not know here, and whom it may not let in."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
