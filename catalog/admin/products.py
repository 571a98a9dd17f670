"""The product list, and one product with its offers and pictures on one screen."""

from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, F, Func, Prefetch, QuerySet, Value
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.urls import path

from catalog import find, services
from catalog.admin import filters, shown
from catalog.admin.base import CatalogAdmin, CatalogInline, CatalogList
from catalog.admin.product_form import ProductForm
from catalog.edits.bulk import BulkEdit, apply
from catalog.history import by
from catalog.ingest.sources import UPLOAD
from catalog.models import Image, Offer, Product
from catalog.visible import offers_best_first
from catalog.web import bulk, history, pictures

LISTED = ("sku", "title", "brand", "blocked", "updated_at", "category__name")
LISTED_IMAGE = ("product_id", "file", "status", "blocked", "position", "alt")


class OfferInline(CatalogInline):
    model = Offer
    fields = ["seller", "price", "currency", "availability", "quantity"]
    autocomplete_fields = ["seller"]


class ProductList(CatalogList):
    """Offers and pictures of the page's rows alone, in one query each."""

    def get_results(self, request: HttpRequest) -> None:
        self.queryset = self.queryset.only(*LISTED).prefetch_related(
            Prefetch("offers", offers_best_first(also_hidden=True).select_related(None), "listed_offers"),
            Prefetch("images", Image.objects.only(*LISTED_IMAGE), "listed_images"),
        )
        super().get_results(request)


@admin.register(Product)
class ProductAdmin(CatalogAdmin):
    form = ProductForm
    compressed_fields = False
    list_class = ProductList
    list_display = ["picture", "name", "in_category", "price", "stock", "pictures", "changed"]
    list_display_links = ["name"]
    list_filter = [
        filters.State,
        filters.InCategory,
        filters.Stock,
        filters.SoldBy,
        filters.Hidden,
        filters.FoundByPhoto,
    ]
    search_fields = ["sku"]  # catalog.find says what is searched
    search_help_text = "Words, SKU, GTIN or variant group"
    list_before_template = "admin/catalog/product/find_by_photo.html"
    change_form_outer_after_template = "admin/catalog/product/pictures.html"
    ordering = ["-pk"]
    autocomplete_fields = ["category"]
    inlines = [OfferInline]
    actions = ["edit_together", "block", "unblock", "delete_together"]
    fieldsets = [
        (None, {"fields": [("sku", "title"), ("brand", "category"), ("group_id", "gtin"), "description", "blocked"]}),
        ("Attributes", {"fields": [("color", "material"), ("pattern", "style")]}),
    ]

    class Media:
        js = [Script("js/pictures.js", type="module"), Script("js/find_by_photo.js", type="module")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        return super().get_queryset(request).defer("words", "description").select_related("category")

    def get_search_results(self, request: HttpRequest, products: QuerySet, text: str) -> tuple[QuerySet, bool]:
        return find.with_words(products, text), False

    def get_ordering(self, request: HttpRequest) -> list:
        """What a photo found comes best first."""
        ids = filters.found_ids(request.GET.get("found"))
        if not ids:
            return self.ordering
        places = Value(ids, ArrayField(BigIntegerField()))
        return [Func(places, F("pk"), function="array_position").asc()]

    @admin.display(description="")
    def picture(self, product: Product) -> str:
        return shown.picture(product)

    @admin.display(description="Product", ordering="sku")
    def name(self, product: Product) -> str:
        return shown.name(product)

    @admin.display(description="Category")
    def in_category(self, product: Product) -> str:
        return product.category.name if product.category else "–"

    @admin.display(description="Price")
    def price(self, product: Product) -> str:
        return shown.price(product)

    @admin.display(description="Stock")
    def stock(self, product: Product) -> str:
        return shown.stock(product)

    @admin.display(description="Pictures")
    def pictures(self, product: Product) -> str:
        return shown.states(product)

    @admin.display(description="Changed", ordering="updated_at")
    def changed(self, product: Product) -> str:
        return shown.moment(product.updated_at)

    @admin.action(description="Edit together…")
    def edit_together(self, request: HttpRequest, products: QuerySet) -> HttpResponse | None:
        return bulk.edit_together(self, request, products)

    @admin.action(description="Delete…")
    def delete_together(self, request: HttpRequest, products: QuerySet) -> HttpResponse | None:
        return bulk.edit_together(self, request, products, delete=True)

    @admin.action(description="Hide from every search")
    def block(self, request: HttpRequest, products: QuerySet) -> None:
        bulk.say(self, request, apply(products, BulkEdit(blocked=True), by(request.user), request.user))

    @admin.action(description="Show in searches again")
    def unblock(self, request: HttpRequest, products: QuerySet) -> None:
        bulk.say(self, request, apply(products, BulkEdit(blocked=False), by(request.user), request.user))

    def get_urls(self) -> list:
        return [
            path(
                "<int:product_id>/pictures/<str:verb>/",
                self.admin_site.admin_view(pictures.change),
                name="catalog_product_pictures",
            ),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, object_id: str, form_url="", extra_context=None) -> HttpResponse:
        context = pictures.context_of(object_id) if object_id.isdecimal() else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def history_view(self, request: HttpRequest, object_id: str, extra_context=None) -> HttpResponse:
        return history.of_product(request, self, object_id)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context=None) -> HttpResponse:
        known = object_id if object_id.isdecimal() else 0
        uploaded = Image.objects.filter(product=known, source__startswith=UPLOAD).count()
        return super().delete_view(request, object_id, {"uploaded": uploaded, **(extra_context or {})})

    def get_deleted_objects(self, objs, request: HttpRequest) -> tuple:
        """A product's pictures go with it. Alone they are removed on its page, so there is no permission for that.

        What else goes, vectors and the like, is made of these and tells nobody anything.
        """
        _, counts, refused, protected = super().get_deleted_objects(objs, request)
        told = [model._meta.verbose_name_plural for model in (Product, Offer, Image)]
        told = {name: counts[name] for name in told if name in counts}
        return [str(product) for product in objs], told, refused - {Image._meta.verbose_name}, protected

    def delete_model(self, request: HttpRequest, product: Product) -> None:
        services.delete_products([product.sku])
