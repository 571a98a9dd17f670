"""What all of the catalog's admin pages share: one permission, one Edit for each form, no counting of large tables."""

from django.contrib.admin import ShowFacets
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.functional import cached_property
from unfold.admin import ModelAdmin, TabularInline
from unfold.views import ChangeList

from catalog.history import by, recorded
from catalog.web.access import is_catalog_admin

COUNTED_ROWS = 10_000


class AtLeast(int):
    """A number of rows that nobody counted to its end."""

    def __str__(self) -> str:
        return f"more than {self - 1:,}"


class CappedPaginator(Paginator):
    """Counts to 10,000 and no further: a page costs the same however large the catalog is."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list.order_by()[: COUNTED_ROWS + 1].count()
        return AtLeast(rows) if rows > COUNTED_ROWS else rows


class MayManage:
    """One permission for all of the catalog."""

    def has_view_permission(self, request: HttpRequest, obj=None) -> bool:
        return is_catalog_admin(request.user)

    has_change_permission = has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return is_catalog_admin(request.user)


class CatalogList(ChangeList):
    """The number of rows stands below the list, so the heading need not say it again."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class CatalogAdmin(MayManage, ModelAdmin):
    """Every form that is sent is one transaction and one Edit."""

    paginator = CappedPaginator
    list_class = CatalogList
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    show_facets = ShowFacets.NEVER  # a count for each choice of each filter
    list_filter_submit = True
    list_fullwidth = True
    compressed_fields = True
    warn_unsaved_form = True

    def get_changelist(self, request: HttpRequest, **kwargs) -> type[ChangeList]:
        return self.list_class

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_catalog_admin(request.user)

    def changeform_view(self, request: HttpRequest, object_id=None, form_url="", extra_context=None):
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        with self.recorded(request, f"{self.opts.verbose_name.capitalize()} form"):
            response = super().changeform_view(request, object_id, form_url, extra_context)
        cache.delete("catalog.category_tree")
        return response

    def delete_view(self, request: HttpRequest, object_id, extra_context=None):
        with self.recorded(request, f"{self.opts.verbose_name.capitalize()} deleted"):
            return super().delete_view(request, object_id, extra_context)

    def recorded(self, request: HttpRequest, what: str):
        return recorded(by(request.user), what, request.user)

    def get_actions(self, request: HttpRequest) -> dict:
        """Without Django's own deletion, which reads every row that hangs on every product first."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


class CatalogInline(MayManage, TabularInline):
    """Its inputs stand under column heads, so each says itself what it is."""

    extra = 0

    def formfield_for_dbfield(self, db_field, request: HttpRequest, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field:
            field.widget.attrs["aria-label"] = db_field.verbose_name.capitalize()
        return field
