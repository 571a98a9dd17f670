"""A small catalog that has really been embedded, in the test's own database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image as Picture

from catalog.models import Image, Offer, Product, Seller
from catalog.services import category_for
from ml.bundle import Bundle
from search import serving
from search.build.embed import embed_image
from search.build.register import register_bundle
from tests.conftest import picture

_encoded: dict[tuple, object] = {}


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
    with encoded_once():
        for image in Image.objects.filter(status=Image.Status.INSPECTED):
            embed_image(image.pk)
    return SmallCatalog(made)


@contextmanager
def encoded_once() -> Iterator[None]:
    """A model says the same of the same pictures and words: in one run of the tests it is asked once."""
    encode = Bundle.encode_catalog_with_patches

    def encode_or_remember(bundle: Bundle, images: Sequence[Picture.Image], words: Sequence[str]):
        key = (bundle.id, sha256(b"".join(image.tobytes() for image in images)).digest(), tuple(words))
        if key not in _encoded:
            _encoded[key] = encode(bundle, images, words)
        return _encoded[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Bundle, "encode_catalog_with_patches", encode_or_remember)
        yield


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
