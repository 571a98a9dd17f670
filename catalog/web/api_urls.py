"""Routes of the catalog admins' API, under /api/v1/."""

from django.urls import path, register_converter
from django.urls.converters import PathConverter

from catalog.web.api import images, import_rows, import_steps, imports, lists, offers, products


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
    path("imports", imports.Imports.as_view(), name="api-imports"),
    path("imports/<int:import_id>", imports.OneImport.as_view(), name="api-import"),
    path("imports/<int:import_id>/file", imports.ImportFile.as_view(), name="api-import-file"),
    path("imports/<int:import_id>/run", import_steps.RunImport.as_view(), name="api-import-run"),
    path("imports/<int:import_id>/pause", import_steps.PauseImport.as_view(), name="api-import-pause"),
    path("imports/<int:import_id>/resume", import_steps.ResumeImport.as_view(), name="api-import-resume"),
    path("imports/<int:import_id>/cancel", import_steps.CancelImport.as_view(), name="api-import-cancel"),
    path("imports/<int:import_id>/problems", import_rows.ImportProblems.as_view(), name="api-import-problems"),
    path("imports/<int:import_id>/differences", import_rows.ImportDifferences.as_view(), name="api-import-differences"),
    path("imports/<int:import_id>/errors.csv", import_rows.ImportErrors.as_view(), name="api-import-errors"),
    path("sellers", lists.Sellers.as_view(), name="api-sellers"),
]
