"""The steps that change what answers: each says first what will happen, and is done by a second press. Staff only."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from search.errors import IndexRefused
from search.models import Bundle, Generation
from search.web.access import operators_only
from search.web.operator_forms import ReasonForm
from search.web.operator_steps import BUNDLE_STEPS, GENERATION_STEPS, Step


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@operators_only
def generation(request: HttpRequest, generation_id: str, verb: str) -> HttpResponse:
    if verb not in GENERATION_STEPS:
        raise Http404
    return confirm(request, GENERATION_STEPS[verb](get_object_or_404(Generation, pk=generation_id)))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@operators_only
def bundle(request: HttpRequest, bundle_id: str, verb: str) -> HttpResponse:
    if verb not in BUNDLE_STEPS:
        raise Http404
    return confirm(request, BUNDLE_STEPS[verb](get_object_or_404(Bundle, pk=bundle_id)))


def confirm(request: HttpRequest, step: Step) -> HttpResponse:
    """GET asks, POST does. A refusal is shown where it was asked."""
    if request.method != "POST":
        return render(request, "operator_confirm.html", {"step": step})
    try:
        step.act(request.user.get_username(), reason_of(request, step))
    except IndexRefused as error:
        return render(request, "operator_confirm.html", {"step": step, "refused": error.detail}, status=error.status)
    messages.success(request, step.done)
    return redirect("operator_index")


def reason_of(request: HttpRequest, step: Step) -> str:
    """Raises IndexRefused where one is needed and none was given."""
    reason = ReasonForm(request.POST).asked()["reason"]
    if step.reason and not reason:
        raise IndexRefused("Give a reason: it is kept in the history.")
    return reason if step.reason else ""
