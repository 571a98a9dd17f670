"""What an operator can start with one press: build, merge, verify, a share of the visitors, a pin. Staff only.

Long work is a job of the worker's. Each door leads back to the page with a line on what happened.
"""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from search.build import bundles, pins
from search.errors import IndexRefused
from search.web.access import operators_only
from search.web.operator_forms import BuildForm, PinForm, ShareForm

WAITING = "This waits for the worker already."


def action(view: Callable[..., str]) -> Callable[..., HttpResponse]:
    """A door's decorator: POST by staff; what the view returns, or why it was refused, is said on the page."""

    @require_POST
    @operators_only
    @wraps(view)
    def door(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            messages.success(request, view(request, *args, **kwargs))
        except IndexRefused as error:
            messages.error(request, error.detail)
        except AlreadyEnqueued:
            messages.info(request, WAITING)
        return redirect("operator_index")

    return door


def actor(request: HttpRequest) -> str:
    return request.user.get_username()


@action
def build(request: HttpRequest) -> str:
    asked = BuildForm(request.POST).asked()
    app.configure_task(f"search.{asked['kind']}_index").defer(bundle_id=asked["bundle"], actor=actor(request))
    return f"The worker will {asked['kind']} a generation. It is verified before it can answer."


@action
def verify(request: HttpRequest, generation_id: str) -> str:
    app.configure_task("search.verify_index").defer(generation_id=generation_id, actor=actor(request))
    return f"The worker will verify {generation_id}: checksums, counts, and recall against exact search."


@action
def share(request: HttpRequest, bundle_id: str) -> str:
    percent = ShareForm(request.POST).asked()["percent"]
    bundles.share_traffic(bundle_id, float(percent) / 100, actor(request))
    return f"{percent.normalize():f}% of the visitors are answered by {bundle_id}, the same ones each time."


@action
def pin(request: HttpRequest) -> str:
    category = PinForm(request.POST).asked()["category"]
    pins.pin(category.pk, actor(request))
    return f"{category.path} stays in the hot tier."


@action
def unpin(request: HttpRequest, pin_id: int) -> str:
    pins.unpin(pin_id, actor(request))
    return "Unpinned. Its rows leave the hot tier with the next settling."
