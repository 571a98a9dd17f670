"""A small catalog that has really been embedded, in the test's own database."""

from dataclasses import dataclass
from decimal import Decimal

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from catalog.models import Image, Offer, Product, Seller
from catalog.services import category_for
from search import serving
from search.build.embed import embed_image
from search.build.register import register_bundle
from tests.conftest import picture


@dataclass(frozen=True)
class SmallCatalog:
    """`picture_of(number)` is the very picture that product number has in the catalog."""

    products: list[Product]

    def picture_of(self, number: int) -> bytes:
        return picture(seed=100 + number)


def make_catalog(products: int = 12) -> SmallCatalog:
    """Product n: SKU-n, brand Nordhem or Casaluz, category Chair or Lamp, price 10 n, every fourth sold out."""
    serving.forget()
    register_bundle()
    made = [make_product(number) for number in range(products)]
    for image in Image.objects.filter(status=Image.Status.INSPECTED):
        embed_image(image.pk)
    return SmallCatalog(made)


def make_product(number: int, **fields) -> Product:
    kind = "Chair" if number % 2 else "Lamp"
    colour = ("green", "blue", "red")[number % 3]
    product = Product.objects.create(
        **{
            "sku": f"SKU-{number}",
            "title": f"{colour.title()} {kind.lower()} number {number}",
            "brand": "Nordhem" if number < 6 else "Casaluz",
            "category": category_for(f"Furniture > {kind}"),
            "attributes": {"color": colour},
            **fields,
        }
    )
    seller, _ = Seller.objects.get_or_create(name="Shop")
    availability = Offer.Availability.OUT_OF_STOCK if number % 4 == 3 else Offer.Availability.IN_STOCK
    Offer.objects.create(product=product, seller=seller, price=Decimal(10 * (number + 1)), availability=availability)
    add_picture(product, picture(seed=100 + number))
    return product


def add_picture(product: Product, data: bytes) -> Image:
    file = default_storage.save(f"products/{product.sku}.jpg", ContentFile(data))
    return Image.objects.create(product=product, source=file, file=file, status=Image.Status.INSPECTED)
