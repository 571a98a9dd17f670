"""Products, whole: with their offers and pictures."""

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from access.idempotency import once_per_key
from catalog import services
from catalog.ingest.write import create_product, update_product
from catalog.models import Product
from catalog.web.api.door import CatalogDoor, in_history, problems, query
from catalog.web.serializers import NewProduct, ProductChange, ProductShown, StrictSerializer


class Wanted(StrictSerializer):
    category = serializers.CharField(max_length=500, required=False, help_text="its whole path; what lies below counts")
    seller = serializers.CharField(max_length=120, required=False)
    blocked = serializers.BooleanField(required=False)


def products() -> QuerySet[Product]:
    return (
        Product.objects.defer("words").select_related("category").prefetch_related("offers__seller", "images__product")
    )


class Products(CatalogDoor):
    serializer_class = ProductShown
    queryset = products()

    @extend_schema(
        operation_id="list_products", parameters=[Wanted], responses={200: ProductShown(many=True), **problems(400)}
    )
    def get(self, request: Request) -> Response:
        """Products, blocked ones too, in the order in which they were made."""
        return self.page(wanted(query(Wanted, request)), ProductShown)

    @extend_schema(
        operation_id="create_product", request=NewProduct, responses={201: ProductShown, **problems(400, 409, 422)}
    )
    @once_per_key
    @in_history("Product created")
    def post(self, request: Request) -> Response:
        """A new product. Its pictures are fetched by the worker."""
        form = NewProduct(data=request.data)
        form.is_valid(raise_exception=True)
        sku = form.validated_data["sku"]
        create_product(form.listing(sku), form.validated_data.get("blocked"))
        return Response(shown(sku), status=status.HTTP_201_CREATED)


class OneProduct(CatalogDoor):
    @extend_schema(operation_id="read_product", responses={200: ProductShown, **problems(404)})
    def get(self, request: Request, sku: str) -> Response:
        return Response(shown(sku))

    @extend_schema(
        operation_id="change_product", request=ProductChange, responses={200: ProductShown, **problems(400, 404)}
    )
    @in_history("Product changed")
    def patch(self, request: Request, sku: str) -> Response:
        """Change what is given; price, stock and blocks count in the next search."""
        form = ProductChange(data=request.data)
        form.is_valid(raise_exception=True)
        update_product(form.listing(sku), form.validated_data.get("blocked"))
        return Response(shown(sku))

    @extend_schema(operation_id="delete_product", responses={204: None, **problems(404)})
    @in_history("Product deleted")
    def delete(self, request: Request, sku: str) -> Response:
        """The product, its offers, pictures and vectors."""
        if not services.delete_products([sku]):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


def wanted(given: dict) -> QuerySet[Product]:
    found = products()
    if path := given.get("category"):
        found = found.filter(category__path=path) | found.filter(category__path__startswith=path + " > ")
    if seller := given.get("seller"):
        found = found.filter(pk__in=Product.objects.filter(offers__seller__name=seller).values("pk"))
    if "blocked" in given:
        found = found.filter(blocked=given["blocked"])
    return found


def shown(sku: str) -> dict:
    product = products().filter(sku=sku).first()
    if product is None:
        raise Http404
    return ProductShown(product).data
