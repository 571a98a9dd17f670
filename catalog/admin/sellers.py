"""Sellers, with what they offer. Blocking one hides its offers, and what it alone sells, within a second."""

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from catalog.admin import shown
from catalog.admin.base import CatalogAdmin
from catalog.models import Seller


@admin.register(Seller)
class SellerAdmin(CatalogAdmin):
    list_display = ["name", "offers", "visibility"]
    list_filter = ["blocked"]
    search_fields = ["name"]
    ordering = ["name"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Seller]:
        listed = request.resolver_match.url_name == "catalog_seller_changelist"
        sellers = super().get_queryset(request)
        return sellers.annotate(offered=Count("offers")) if listed else sellers

    @admin.display(description="Offers")
    def offers(self, seller: Seller) -> str:
        where = reverse("admin:catalog_product_changelist")
        return format_html('<a class="sl-link" href="{}?seller={}">{}</a>', where, seller.pk, f"{seller.offered:,}")

    @admin.display(description="Visibility", ordering="blocked")
    def visibility(self, seller: Seller) -> str:
        return shown.HIDDEN if seller.blocked else "shown"

    def has_delete_permission(self, request: HttpRequest, obj=None) -> bool:
        """A seller with offers stays: their prices would go with them."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.offers.exists())
