"""Pictures of all products in one list; what is done to one product's pictures is on its own page."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from catalog.admin import shown
from catalog.admin.base import CatalogAdmin
from catalog.edits.pictures import block, retry
from catalog.history import by
from catalog.models import Image

READ_ONLY = ["product_link", "position", "source", "folder", "file", "status", "reason", "attempts", "width", "height"]


@admin.register(Image)
class ImageAdmin(CatalogAdmin):
    list_display = ["picture", "place", "product_link", "state", "reason", "attempts"]
    list_filter = [("status", ChoicesDropdownFilter), "blocked"]
    search_fields = ["product__sku__startswith"]
    search_help_text = "SKU"
    ordering = ["-pk"]
    list_display_links = ["place"]
    fields = ["alt", "blocked", *READ_ONLY, "inspected_at", "indexed_at"]
    readonly_fields = [*READ_ONLY, "inspected_at", "indexed_at"]
    actions = ["try_again", "hide", "show"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Image]:
        return super().get_queryset(request).select_related("product").defer("product__words", "product__description")

    def has_add_permission(self, request: HttpRequest, obj=None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        """On the product's page, where the others of it can be seen."""
        return False

    def save_model(self, request: HttpRequest, image: Image, form, change: bool) -> None:
        """What was changed and no more: its state is the worker's, who may have moved it on meanwhile."""
        image.save(update_fields=form.changed_data)

    @admin.display(description="")
    def picture(self, image: Image) -> str:
        return shown.thumbnail(image) if image.file else "–"

    @admin.display(description="Place")
    def place(self, image: Image) -> str:
        return f"no. {image.position + 1}"

    @admin.display(description="State", ordering="status")
    def state(self, image: Image) -> str:
        return shown.state(image)

    @admin.display(description="Product")
    def product_link(self, image: Image) -> str:
        where = reverse("admin:catalog_product_change", args=[image.product_id])
        return format_html('<a class="sl-link" href="{}">{}</a>', where, image.product)

    @admin.action(description="Inspect again")
    def try_again(self, request: HttpRequest, images: QuerySet) -> None:
        self.message_user(request, f"{retry(images)} pictures wait for the worker.")

    @admin.action(description="Hide from every search")
    def hide(self, request: HttpRequest, images: QuerySet) -> None:
        self.message_user(request, f"{block(images, True, by(request.user), request.user)} pictures are hidden now.")

    @admin.action(description="Show in searches again")
    def show(self, request: HttpRequest, images: QuerySet) -> None:
        self.message_user(request, f"{block(images, False, by(request.user), request.user)} pictures are shown again.")
