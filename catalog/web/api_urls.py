"""Routes of the catalog admins' API, under /api/v1/."""

from django.urls import path, register_converter
from django.urls.converters import PathConverter

from catalog.web.api import images, lists, offers, products


class SkuConverter(PathConverter):
    """A SKU may hold slashes; what PostgreSQL cannot store, it cannot."""

    regex = r"[^\x00]+"


register_converter(SkuConverter, "sku")

urlpatterns = [
    path("products", products.Products.as_view(), name="api-products"),
    path("products/<sku:sku>", products.OneProduct.as_view(), name="api-product"),
    path("offers", offers.Offers.as_view(), name="api-offers"),
    path("offers/<int:offer_id>", offers.OneOffer.as_view(), name="api-offer"),
    path("images", images.Images.as_view(), name="api-images"),
    path("images/<int:image_id>", images.OneImage.as_view(), name="api-image"),
    path("images/<int:image_id>/retry", images.Retry.as_view(), name="api-image-retry"),
    path("categories", lists.Categories.as_view(), name="api-categories"),
    path("sellers", lists.Sellers.as_view(), name="api-sellers"),
]
