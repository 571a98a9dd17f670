"""Where people make tokens for their programs, and revoke them."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from access import tokens
from access.doors import only_with
from access.scopes import SCOPES
from access.web.forms import TokenForm

programmers_only = only_with(*{scope.permission for scope in SCOPES.values()}, home="tokens")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_variables("secret")
@programmers_only
def index(request: HttpRequest) -> HttpResponse:
    """GET lists them; POST makes one and shows it, this once: it is in no redirect, session or log."""
    form = TokenForm(request.user, request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return show(request, form)
    if not form.is_valid():
        return show(request, form, status=422)
    given = form.cleaned_data
    token, secret = tokens.make_token(request.user, given["name"], given["scopes"], form.expires_at())
    return show(request, TokenForm(request.user), token=token, secret=secret)


@require_POST
@programmers_only
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    if not tokens.revoke(request.user, token_id):
        raise Http404
    messages.success(request, "Revoked. The next request with this token is refused.")
    return redirect("tokens")


def show(request: HttpRequest, form: TokenForm, status: int = 200, **new) -> HttpResponse:
    listed = tokens.listed(tokens.tokens_for(request.user))
    return render(request, "tokens.html", {"form": form, "tokens": listed, **new}, status=status)
