"""Everything on one product's page. Nothing here writes."""

from dataclasses import dataclass
from decimal import Decimal

from catalog.cards import cards_by_id
from catalog.models import Category, Offer, Product
from catalog.storage import picture_url
from catalog.visible import offers_best_first, shown_images, visible_products


@dataclass(frozen=True, slots=True)
class Picture:
    url: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class OfferLine:
    seller: str
    price: Decimal
    currency: str
    availability: str
    quantity: int | None
    in_stock: bool


@dataclass(frozen=True, slots=True)
class Variant:
    """Another member of the same item_group_id; `label` names what differs from the product on the page."""

    product_id: int
    title: str
    label: str
    image_url: str
    in_stock: bool
    price: Decimal | None
    currency: str


@dataclass(frozen=True, slots=True)
class ProductPage:
    id: int
    sku: str
    group_id: str
    title: str
    brand: str
    description: str
    category: Category | None
    attributes: dict[str, str]
    images: tuple[Picture, ...]
    offers: tuple[OfferLine, ...]
    variants: tuple[Variant, ...]

    @property
    def best_offer(self) -> OfferLine | None:
        return self.offers[0] if self.offers else None


def product_page(product_id: int) -> ProductPage:
    """Everything on one product's page, in five queries. Raises Product.DoesNotExist for hidden ones too."""
    product = visible_products().defer("words").select_related("category").get(pk=product_id)
    pictures = shown_images().filter(product=product)
    return ProductPage(
        id=product.pk,
        sku=product.sku,
        group_id=product.group_id,
        title=product.title,
        brand=product.brand,
        description=product.description,
        category=product.category,
        attributes=product.attributes,
        images=tuple(Picture(picture_url(image.file), image.width, image.height) for image in pictures),
        offers=tuple(make_offer_line(offer) for offer in offers_best_first().filter(product=product)),
        variants=variants_of(product),
    )


def make_offer_line(offer: Offer) -> OfferLine:
    return OfferLine(
        seller=offer.seller.name,
        price=offer.price,
        currency=offer.currency,
        availability=offer.availability,
        quantity=offer.quantity,
        in_stock=offer.stock == 0,
    )


def variants_of(product: Product, limit: int = 24) -> tuple[Variant, ...]:
    """The other members of the product's group. A second seller's listing of the same thing is no variant."""
    if not product.group_id:
        return ()
    others = visible_products().filter(group_id=product.group_id).exclude(pk=product.pk)
    if product.gtin:
        others = others.exclude(gtin=product.gtin)
    attributes = dict(others.order_by("id").values_list("id", "attributes")[:limit])
    cards = cards_by_id(attributes)
    return tuple(
        Variant(
            product_id=pk,
            title=cards[pk].title,
            label=difference(product.attributes, its),
            image_url=cards[pk].image_url,
            in_stock=cards[pk].in_stock,
            price=cards[pk].price,
            currency=cards[pk].currency,
        )
        for pk, its in attributes.items()
        if pk in cards
    )


def difference(mine: dict[str, str], its: dict[str, str]) -> str:
    """The values that a variant has and this product has not: "navy, walnut"."""
    return ", ".join(value for name, value in its.items() if mine.get(name) != value)
