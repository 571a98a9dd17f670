"""Where a catalog admin says which programs are told of what, and looks at what was sent."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from catalog.errors import CatalogError
from catalog.web.access import catalog_admins_only
from catalog.webhooks import queries, services
from catalog.webhooks.models import Event, Webhook
from catalog.webhooks.sign import secret_of


class WebhookForm(forms.Form):
    url = forms.URLField(max_length=2000, assume_scheme="https")
    events = forms.MultipleChoiceField(
        choices=Event.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose what it is told of."},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@catalog_admins_only
def index(request: HttpRequest) -> HttpResponse:
    """GET lists them; POST adds one and shows its secret."""
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return show(request, form)
    if not form.is_valid():
        return show(request, form, status=422)
    try:
        webhook = services.add_webhook(**form.cleaned_data, actor=request.user.get_username())
    except CatalogError as error:
        form.add_error("url", error.detail)
        return show(request, form, status=error.status)
    return show(request, WebhookForm(), webhook)


@require_POST
@never_cache
@catalog_admins_only
def secret(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """A new one, shown this once."""
    try:
        return show(request, WebhookForm(), services.new_secret(webhook_id))
    except CatalogError as error:
        messages.error(request, error.detail)
        return redirect("webhooks")


@require_POST
@catalog_admins_only
def act(request: HttpRequest, webhook_id: int, verb: str) -> HttpResponse:
    if verb not in ACTS:
        raise Http404
    try:
        said, page = ACTS[verb](request, webhook_id)
        messages.success(request, said)
    except CatalogError as error:
        messages.error(request, error.detail)
        page = redirect("webhooks")
    return page


def enable(request: HttpRequest, webhook_id: int) -> tuple[str, HttpResponse]:
    services.enable(webhook_id)
    return "It is told again, also of what has waited.", redirect("webhooks")


def disable(request: HttpRequest, webhook_id: int) -> tuple[str, HttpResponse]:
    services.disable(webhook_id, request.user.get_username())
    return "It is told of nothing until it is switched on again.", redirect("webhooks")


def delete(request: HttpRequest, webhook_id: int) -> tuple[str, HttpResponse]:
    services.delete_webhook(webhook_id)
    return "Deleted, with its log.", redirect("webhooks")


def test(request: HttpRequest, webhook_id: int) -> tuple[str, HttpResponse]:
    services.send_test(webhook_id)
    text = "A test event is on its way. How it went is here in a moment: reload the page."
    return text, redirect("webhook_log", webhook_id)


ACTS = {"enable": enable, "disable": disable, "delete": delete, "test": test}


@require_safe
@never_cache
@catalog_admins_only
def log(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """What was sent to one address, the newest first."""
    try:
        webhook = services.one(webhook_id)
    except CatalogError as error:
        messages.error(request, error.detail)
        return redirect("webhooks")
    page = queries.deliveries(webhook_id, request.GET.get("before", ""))
    return render(request, "webhook_log.html", {"webhook": webhook, "page": page})


@require_POST
@catalog_admins_only
def redeliver(request: HttpRequest, delivery_id: int) -> HttpResponse:
    try:
        delivery = services.redeliver(delivery_id)
    except CatalogError as error:
        messages.error(request, error.detail)
        return redirect("webhooks")
    messages.success(request, "It is sent once more, under the same id.")
    return redirect("webhook_log", delivery.webhook_id)


@sensitive_variables("context")
def show(request: HttpRequest, form: WebhookForm, new: Webhook | None = None, status: int = 200) -> HttpResponse:
    context = {"form": form, "webhooks": queries.webhooks(), "new": new, "secret": secret_of(new) if new else ""}
    return render(request, "webhooks.html", context, status=status)
