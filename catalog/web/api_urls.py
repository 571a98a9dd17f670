"""Routes of the catalog admins' API, under /api/v1/."""

from django.urls import path, register_converter
from django.urls.converters import PathConverter

from catalog.web import api


class SkuConverter(PathConverter):
    """A SKU may hold slashes; what PostgreSQL cannot store, it cannot."""

    regex = r"[^\x00]+"


register_converter(SkuConverter, "sku")

urlpatterns = [
    path("products", api.Products.as_view(), name="api-products"),
    path("products/<sku:sku>", api.OneProduct.as_view(), name="api-product"),
    path("images", api.Images.as_view(), name="api-images"),
    path("images/<int:image_id>", api.OneImage.as_view(), name="api-image"),
]
