"""Who changed what, and undo: of one change on a product's page, of a whole Edit on its own."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from catalog.edits import log
from catalog.edits.later import AT_ONCE_ROWS, undo_later
from catalog.edits.undo import Undone, undo, undo_row
from catalog.errors import CatalogError
from catalog.history import by
from catalog.models import Edit, Product
from catalog.web.access import catalog_admins_only


@catalog_admins_only
def of_product(request: HttpRequest, admin, object_id: str) -> HttpResponse:
    product = Product.objects.only("pk", "sku", "title").filter(pk=object_id if object_id.isdecimal() else 0).first()
    changes = log.of_product(int(object_id)) if object_id.isdecimal() else []
    if product is None and not changes:
        raise Http404
    title = str(product) if product else changes[0].subject
    return show(request, admin, {"title": f"History of {title}", "changes": changes, "product": product})


@catalog_admins_only
def of_edit(request: HttpRequest, admin, object_id: str) -> HttpResponse:
    edit = get_object_or_404(Edit.objects.select_related("undoes"), pk=object_id if object_id.isdecimal() else 0)
    changed = log.counts([edit.pk])[edit.pk]
    context = {
        "title": str(edit),
        "edit": edit,
        "changes": log.of_edit(edit),
        "counted": log.in_words(changed),
        "rows": sum(changed.values()),
        "undone_by": edit.undone_by.order_by("-pk").first(),
    }
    return show(request, admin, context)


def show(request: HttpRequest, admin, context: dict) -> HttpResponse:
    request.current_app = admin.admin_site.name
    shared = {**admin.admin_site.each_context(request), "opts": admin.opts}
    return TemplateResponse(request, "admin/catalog/history.html", {**shared, **context})


@require_POST
@catalog_admins_only
def undo_edit(request: HttpRequest, edit_id: int) -> HttpResponse:
    edit = get_object_or_404(Edit, pk=edit_id)
    if sum(log.counts([edit.pk])[edit.pk].values()) > AT_ONCE_ROWS:
        undo_later(edit.pk, request.user.pk)
        messages.success(request, "So many rows are the worker's to undo. History shows it when it is done.")
        return back_to(request)
    return undone(request, lambda: undo(edit, by(request.user), request.user))


@require_POST
@catalog_admins_only
def undo_change(request: HttpRequest, model: str, history_id: int) -> HttpResponse:
    if model not in log.TRACKED:
        raise Http404
    return undone(request, lambda: undo_row(log.TRACKED[model], history_id, by(request.user), request.user))


def undone(request: HttpRequest, take_back) -> HttpResponse:
    try:
        result: Undone = take_back()
    except CatalogError as error:
        messages.error(request, error.detail)
    else:
        say = messages.success if result.restored else messages.warning
        left = f" {result.left:,} stay in part or whole as they are: they were changed since." if result.left else ""
        say(request, f"Undone: {result.restored:,} row{'s' if result.restored != 1 else ''}.{left}")
    return back_to(request)


def back_to(request: HttpRequest) -> HttpResponse:
    back = request.POST.get("back", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()})
    return redirect(back if safe else reverse("admin:catalog_edit_changelist"))
