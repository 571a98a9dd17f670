"""Categories and sellers, to read. Products and offers make them by naming them."""

from django.db.models import Count
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Category, Seller
from catalog.web.api.door import CatalogDoor, problems


class CategoryShown(serializers.ModelSerializer):
    category_id = serializers.IntegerField(source="id")
    parent_id = serializers.IntegerField(allow_null=True)
    products = serializers.IntegerField(source="held", help_text="in it, not counting those below")

    class Meta:
        model = Category
        fields = ["category_id", "parent_id", "name", "path", "slug", "products"]


class SellerShown(serializers.ModelSerializer):
    seller_id = serializers.IntegerField(source="id")
    offers = serializers.IntegerField(source="held")

    class Meta:
        model = Seller
        fields = ["seller_id", "name", "offers"]


class Categories(CatalogDoor):
    serializer_class = CategoryShown
    queryset = Category.objects.annotate(held=Count("products"))

    @extend_schema(operation_id="list_categories", responses={200: CategoryShown(many=True), **problems()})
    def get(self, request: Request) -> Response:
        return self.page(self.get_queryset(), CategoryShown)


class Sellers(CatalogDoor):
    serializer_class = SellerShown
    queryset = Seller.objects.annotate(held=Count("offers"))

    @extend_schema(operation_id="list_sellers", responses={200: SellerShown(many=True), **problems()})
    def get(self, request: Request) -> Response:
        return self.page(self.get_queryset(), SellerShown)
