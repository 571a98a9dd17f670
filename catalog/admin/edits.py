"""The history of the whole catalog: one line for each thing that somebody did, with undo."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.html import format_html

from catalog.admin import shown
from catalog.admin.base import CatalogAdmin, CatalogList
from catalog.edits import log
from catalog.models import Edit
from catalog.web import history


class EditList(CatalogList):
    """How many rows each Edit changed is counted for the page's lines alone."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        lines = list(self.result_list)
        counts = log.counts([edit.pk for edit in lines])
        for edit in lines:
            edit.counted = counts[edit.pk]
        self.result_list = lines


@admin.register(Edit)
class EditAdmin(CatalogAdmin):
    list_class = EditList
    list_display = ["when", "who_", "what_", "changed", "undone"]
    list_display_links = ["when"]
    search_fields = ["who__startswith", "what__startswith"]
    search_help_text = "Who, or what"
    ordering = ["-pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Edit]:
        return super().get_queryset(request).prefetch_related("undone_by")

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    @admin.display(description="When")
    def when(self, edit: Edit) -> str:
        return shown.moment(edit.at)

    @admin.display(description="Who")
    def who_(self, edit: Edit) -> str:
        return edit.who or "not known"

    @admin.display(description="What")
    def what_(self, edit: Edit) -> str:
        return str(edit)

    @admin.display(description="Rows")
    def changed(self, edit: Edit) -> str:
        return log.in_words(edit.counted) or "–"

    @admin.display(description="")
    def undone(self, edit: Edit) -> str:
        if edit.undone_by.all():
            return shown.UNDONE
        where = reverse("admin:catalog_edit_change", args=[edit.pk])
        return format_html('<a class="sl-link" href="{}">Look, undo</a>', where) if edit.counted else ""

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None) -> HttpResponse:
        return history.of_edit(request, self, object_id)

    def get_urls(self) -> list:
        view = self.admin_site.admin_view
        return [
            path("<int:edit_id>/undo/", view(history.undo_edit), name="catalog_edit_undo"),
            path("undo/<str:model>/<int:history_id>/", view(history.undo_change), name="catalog_change_undo"),
            *super().get_urls(),
        ]
