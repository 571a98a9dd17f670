"""What a catalog admin can do about a picture: try it again, and mend what the index and the catalog disagree on."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from catalog.errors import CatalogError, NotOverridable
from catalog.models import Image
from catalog.review.services import allow_picture
from catalog.services import requeue
from catalog.web.access import catalog_admins_only
from search.status.pictures import picture_statuses
from search.status.repair import repair as mend


def action(view: Callable[..., str]) -> Callable[..., HttpResponse]:
    """A door's decorator: POST by a catalog admin; what came of it is said on the page that it was sent from."""

    @require_POST
    @catalog_admins_only
    @wraps(view)
    def door(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            messages.success(request, view(request, *args, **kwargs))
        except CatalogError as error:
            messages.error(request, error.detail)
        return redirect(way_back(request))

    return door


def way_back(request: HttpRequest) -> str:
    page = request.POST.get("next", "")
    return page if url_has_allowed_host_and_scheme(page, {request.get_host()}) else reverse("catalog_status")


@action
def retry(request: HttpRequest, image_id: int) -> str:
    return said(requeue(Image.objects.filter(pk=image_id)))


@action
def retry_failed(request: HttpRequest) -> str:
    return said(requeue(Image.objects.filter(status=Image.Status.FAILED)))


def said(number: int) -> str:
    if not number:
        return "There is nothing to try again: it has moved on meanwhile."
    return f"{'It is' if number == 1 else f'{number:,} pictures are'} tried again from the start."


@action
def accept(request: HttpRequest, image_id: int) -> str:
    """Overrule what inspection said of its quality."""
    if not (status := picture_statuses([image_id]).get(image_id)) or not status.may_accept:
        raise NotOverridable
    allow_picture(image_id, request.user.get_username(), queue="status")
    return "It is accepted, and will be from now on. It waits for its vector."


@action
def repair(request: HttpRequest) -> str:
    """Of one picture, or of all that differ."""
    chosen = request.POST.get("image", "")
    done = mend([int(chosen)] if chosen.isdecimal() and len(chosen) < 19 else None, request.user.get_username())
    if not done:
        return "The index and the catalog agree on it by now."
    return "One difference is being mended." if done == 1 else f"{done:,} differences are being mended."
