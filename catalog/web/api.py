"""The catalog admins' API: parse, authorise, call one function, render."""

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog import services
from catalog.ingest.upload import add_upload
from catalog.ingest.write import create_product, update_product
from catalog.models import Image, Product
from catalog.web.serializers import (
    ImageAccepted,
    ImageShown,
    ImageUpload,
    NewProduct,
    ProductChange,
    ProductShown,
)

PROBLEM = {
    (code, "application/problem+json"): OpenApiTypes.OBJECT
    for code in ("400", "401", "403", "404", "409", "413", "415", "422", "429")
}


class Pages(CursorPagination):
    """Stable while the catalog changes; a page costs the same wherever it is."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "id"

    def decode_cursor(self, request):
        cursor = super().decode_cursor(request)
        if cursor and cursor.position is not None and not cursor.position.isdecimal():
            raise NotFound(self.invalid_cursor_message)
        return cursor


def products() -> QuerySet[Product]:
    return (
        Product.objects.defer("words").select_related("category").prefetch_related("offers__seller", "images__product")
    )


class Products(generics.GenericAPIView):
    permission_classes = [IsAdminUser]
    parser_classes = [JSONParser]
    pagination_class = Pages
    serializer_class = ProductShown
    queryset = products()

    @extend_schema(operation_id="list_products", responses={200: ProductShown(many=True), **PROBLEM})
    def get(self, request: Request) -> Response:
        """All products, blocked ones too, in the order in which they were made."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response(ProductShown(page, many=True).data)

    @extend_schema(operation_id="create_product", request=NewProduct, responses={201: ProductShown, **PROBLEM})
    def post(self, request: Request) -> Response:
        """A new product. Its pictures are fetched by the worker."""
        form = NewProduct(data=request.data)
        form.is_valid(raise_exception=True)
        sku = form.validated_data["sku"]
        create_product(form.listing(sku), form.validated_data.get("blocked"))
        return Response(shown(sku), status=status.HTTP_201_CREATED)


class OneProduct(APIView):
    permission_classes = [IsAdminUser]
    parser_classes = [JSONParser]

    @extend_schema(operation_id="read_product", responses={200: ProductShown, **PROBLEM})
    def get(self, request: Request, sku: str) -> Response:
        return Response(shown(sku))

    @extend_schema(operation_id="change_product", request=ProductChange, responses={200: ProductShown, **PROBLEM})
    def patch(self, request: Request, sku: str) -> Response:
        """Change what is given; price, stock and blocks count in the next search."""
        form = ProductChange(data=request.data)
        form.is_valid(raise_exception=True)
        update_product(form.listing(sku), form.validated_data.get("blocked"))
        return Response(shown(sku))

    @extend_schema(operation_id="delete_product", responses={204: None, **PROBLEM})
    def delete(self, request: Request, sku: str) -> Response:
        """The product, its offers, pictures and vectors."""
        if not services.delete_products([sku]):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


class Images(APIView):
    permission_classes = [IsAdminUser]
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="upload_image",
        request={"multipart/form-data": ImageUpload},
        responses={202: ImageAccepted, **PROBLEM},
    )
    def post(self, request: Request) -> Response:
        """A picture of a product that exists. It is cleaned at once, and searchable when the worker is done with it."""
        form = ImageUpload(data=request.data)
        form.is_valid(raise_exception=True)
        image = add_upload(form.validated_data["sku"], form.validated_data["file"].read())
        return Response({"image_id": image.pk, "status": image.status}, status=status.HTTP_202_ACCEPTED)


class OneImage(APIView):
    permission_classes = [IsAdminUser]

    @extend_schema(operation_id="read_image", responses={200: ImageShown, **PROBLEM})
    def get(self, request: Request, image_id: int) -> Response:
        """How far a picture has come, and why it was rejected or failed."""
        image = Image.objects.select_related("product").filter(pk=image_id).first()
        if image is None:
            raise Http404
        return Response(ImageShown(image).data)


def shown(sku: str) -> dict:
    product = products().filter(sku=sku).first()
    if product is None:
        raise Http404
    return ProductShown(product).data
