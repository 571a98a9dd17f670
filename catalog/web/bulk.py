"""Edit together: choose on the list, say what, look at what would change, then do it. One door for all three steps."""

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from catalog.edits.bulk import BulkEdit, Planned, apply, preview
from catalog.errors import CatalogError
from catalog.history import by
from catalog.web.access import catalog_admins_only
from catalog.web.bulk_form import BulkForm


@catalog_admins_only
def of_request(request: HttpRequest, admin, products: QuerySet, delete: bool) -> HttpResponse | None:
    step = request.POST.get("step", "")
    form = BulkForm(request.POST if step else None)
    context: dict = {"form": form, "delete": delete, "chosen": products.order_by().count()}
    edit = BulkEdit(delete=True) if delete else form.edit() if step and form.is_valid() else None
    if edit:
        try:
            if step == "apply":
                return say(admin, request, apply(products, edit, by(request.user), request.user))
            context["planned"] = preview(products, edit)
            context["changes"] = sum(part.rows for part in context["planned"])
        except CatalogError as error:
            context["refused"] = error.detail
    return page(admin, request, context)


def edit_together(admin, request: HttpRequest, products: QuerySet, delete: bool = False) -> HttpResponse | None:
    """For the list's actions. None goes back to the list."""
    return of_request(request, admin, products, delete)


def page(admin, request: HttpRequest, context: dict) -> HttpResponse:
    request.current_app = admin.admin_site.name
    across = request.POST.get("select_across") == "1"
    shared = {**admin.admin_site.each_context(request), "opts": admin.opts, "media": context["form"].media}
    kept = {
        "title": "Delete products" if context["delete"] else "Edit together",
        "ids": [] if across else request.POST.getlist(ACTION_CHECKBOX_NAME),
        "first_id": request.POST.getlist(ACTION_CHECKBOX_NAME)[:1] if across else [],
        "across": across,
        "action": request.POST.get("action", ""),
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/catalog/product/bulk_edit.html", {**shared, **kept, **context})


def say(admin, request: HttpRequest, done: list[Planned]) -> None:
    changed = [f"{part.label}: {part.rows:,} {part.of}" for part in done if part.rows]
    text = ". ".join(changed) if changed else "Nothing changed: it was so already"
    admin.message_user(request, f"{text}. History can undo it.", messages.SUCCESS)
