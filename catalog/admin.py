"""The catalog in Django's admin: look, filter, block, and try failed pictures again."""

from django.contrib import admin
from django.utils.html import format_html

from catalog.models import Category, Image, Offer, Product, Seller
from catalog.queries import picture_url
from catalog.services import requeue


class OfferInline(admin.TabularInline):
    model = Offer
    extra = 0


class ImageInline(admin.TabularInline):
    model = Image
    extra = 0
    can_delete = False
    fields = readonly_fields = ["picture", "source", "status", "reason"]

    def picture(self, image: Image) -> str:
        return thumbnail(image)

    def has_add_permission(self, request, obj=None) -> bool:
        return False


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["sku", "title", "brand", "category", "blocked", "updated_at"]
    list_filter = ["blocked", "category", "brand"]
    search_fields = ["sku", "title", "brand", "gtin"]
    list_select_related = ["category"]
    exclude = ["words"]
    inlines = [OfferInline, ImageInline]
    actions = ["block", "unblock"]

    @admin.action(description="Hide from every search")
    def block(self, request, queryset):
        queryset.update(blocked=True)

    @admin.action(description="Show in searches again")
    def unblock(self, request, queryset):
        queryset.update(blocked=False)


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    list_display = ["picture", "product", "position", "status", "reason", "attempts", "blocked"]
    list_filter = ["status", "blocked"]
    search_fields = ["product__sku", "product__title", "source", "reason"]
    list_select_related = ["product"]
    raw_id_fields = ["product"]
    readonly_fields = ["source", "folder", "fingerprint", "file", "status", "reason", "attempts", "sha256", "phash"]
    readonly_fields += ["width", "height", "colours", "inspected_at", "indexed_at"]
    actions = ["try_again"]

    def picture(self, image: Image) -> str:
        return thumbnail(image)

    @admin.action(description="Inspect again")
    def try_again(self, request, queryset):
        self.message_user(request, f"{requeue(queryset)} pictures wait for the worker.")

    def has_add_permission(self, request) -> bool:
        return False


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ["path", "slug"]
    search_fields = ["path"]


@admin.register(Seller)
class SellerAdmin(admin.ModelAdmin):
    search_fields = ["name"]


def thumbnail(image: Image) -> str:
    if not image.file:
        return "-"
    return format_html('<img src="{}" alt="" height="60" loading="lazy">', picture_url(image.file))
