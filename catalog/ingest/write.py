"""One product from the API: the feed's own way of storing, with the questions that a single row may ask."""

from django.db import transaction

from catalog.errors import SkuTaken, UnknownProduct
from catalog.ingest.upsert import take_turn, upsert
from catalog.ingest.validate import Listing
from catalog.models import Product
from catalog.services import block_product


@transaction.atomic
def create_product(listing: Listing, blocked: bool | None) -> None:
    """Raises SkuTaken, also when another request was first."""
    if upsert([listing], folder="").new != 1:
        raise SkuTaken
    if blocked:
        block_product(listing.sku)


@transaction.atomic
def update_product(listing: Listing, blocked: bool | None) -> None:
    """Raises UnknownProduct."""
    take_turn()
    if not Product.objects.select_for_update().filter(sku=listing.sku).exists():
        raise UnknownProduct
    upsert([listing], folder="")
    if blocked is not None:
        block_product(listing.sku, blocked)
