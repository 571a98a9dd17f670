"""Reads: cards, product pages, the category tree and the values to filter by. Nothing here writes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from catalog import outage
from catalog.models import Category, Image, Offer, Product

TREE, TREE_KEPT_S = "catalog.category_tree", 30
_last_tree: list[tuple] = [()]  # as it was read last
# Whether a product p may be shown as far as its sellers go: what only blocked ones sell is not. The first part asks an
# index that is empty while nobody is blocked; the second is no EXISTS, for that might be hashed over all offers.
SOLD = """(NOT EXISTS (SELECT FROM catalog_offer x WHERE x.product_id = p.id AND x.hidden)
    OR (SELECT NOT bool_and(x.hidden) FROM catalog_offer x WHERE x.product_id = p.id))"""
# What shown_images and offers_best_first say, for one picture and one offer of each product.
CARDS = """SELECT p.id, p.sku, p.group_id, p.gtin, p.title, p.brand, c.name, i.file, o.price, o.currency, o.in_stock
    FROM catalog_product p LEFT JOIN catalog_category c ON c.id = p.category_id
    LEFT JOIN LATERAL (
        SELECT file FROM catalog_image WHERE product_id = p.id AND NOT blocked AND file <> ''
            AND status IN ('inspected', 'indexed')
        ORDER BY position, id LIMIT 1) i ON true
    LEFT JOIN LATERAL (
        SELECT price, currency, availability = 'in_stock' AND quantity IS DISTINCT FROM 0 AS in_stock
        FROM catalog_offer o WHERE NOT o.hidden AND {offer} ORDER BY 3 DESC, price, id LIMIT 1) o ON true
    WHERE p.id = ANY(%s) AND {product}"""


@dataclass(frozen=True, slots=True)
class Only:
    """SQL conditions that a product p must meet, and one and the same offer o of it, each with its values in order."""

    product: tuple[str, ...] = ()
    product_values: tuple = ()
    offer: tuple[str, ...] = ()
    offer_values: tuple = ()


EVERY = Only()


@dataclass(frozen=True, slots=True)
class ProductCard:
    """What a list shows of one product. `price` is the best offer's: in stock first, then cheapest."""

    id: int
    sku: str
    group_id: str
    gtin: str
    title: str
    brand: str
    category: str
    price: Decimal | None
    currency: str
    in_stock: bool
    image_url: str


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
class CategoryNode:
    """One category with the number of visible products in it and below it."""

    slug: str
    name: str
    path: str
    depth: int
    products: int
    image_url: str


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


def visible_products() -> QuerySet[Product]:
    return Product.objects.filter(sold(), blocked=False)


def sold(product: str = "pk") -> Q:
    """SOLD for querysets. product: the way to the product's id."""
    hidden = Offer.objects.filter(product=OuterRef(product), hidden=True)
    return ~Exists(hidden) | Exists(Offer.objects.filter(product=OuterRef(product), hidden=False))


def shown_images() -> QuerySet[Image]:
    """Pictures that a shopper may see: cleaned, and not blocked."""
    states = [Image.Status.INSPECTED, Image.Status.INDEXED]
    return Image.objects.filter(blocked=False, status__in=states).exclude(file="").order_by("position", "id")


def offers_best_first(also_hidden: bool = False) -> QuerySet[Offer]:
    """also_hidden: blocked sellers' too, for those who keep the catalog."""
    stock = Case(When(in_stock_now(), then=Value(0)), default=Value(1), output_field=IntegerField())
    shown = Offer.objects.all() if also_hidden else Offer.objects.filter(hidden=False)
    return shown.select_related("seller").annotate(stock=stock).order_by("product_id", "stock", "hidden", "price", "id")


def in_stock_now() -> Q:
    """An offer that can be delivered today. A quantity nobody states is no reason to doubt the availability."""
    return Q(availability=Offer.Availability.IN_STOCK, hidden=False) & (Q(quantity__isnull=True) | Q(quantity__gt=0))


def picture_url(file: str | None) -> str:
    return default_storage.url(file) if file else ""


def cards_by_id(product_ids: Iterable[int], only: Only = EVERY) -> dict[int, ProductCard]:
    """Cards of the visible ones among these products, in one query. Blocked and deleted ones are missing.

    Of the offers that meet the conditions the card shows the best one. In SQL, for every search waits for it: the same
    through the ORM took ten times as long.
    """
    product = ["NOT p.blocked", SOLD, *only.product, *(["o.price IS NOT NULL"] if only.offer else [])]
    offer = ["o.product_id = p.id", *only.offer]
    with connection.cursor() as cursor:
        cursor.execute(
            CARDS.format(product=" AND ".join(product), offer=" AND ".join(offer)),
            [*only.offer_values, list(product_ids), *only.product_values],
        )
        return {row[0]: make_card(*row) for row in cursor.fetchall()}


def make_card(pk, sku, group_id, gtin, title, brand, category, file, price, currency, in_stock) -> ProductCard:
    return ProductCard(
        id=pk,
        sku=sku,
        group_id=group_id,
        gtin=gtin,
        title=title,
        brand=brand,
        category=category or "",
        price=price,
        currency=currency or "",
        in_stock=bool(in_stock),
        image_url=picture_url(file),
    )


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


def category_tree() -> tuple[CategoryNode, ...]:
    """Every category with visible products, in path order, each counting its descendants too. Kept for 30 s.

    While the database is away: as it was last known.
    """
    tree = cache.get(TREE)
    return outage.unless_away(read_and_keep_tree, lambda: _last_tree[0]) if tree is None else tree


def read_and_keep_tree() -> tuple[CategoryNode, ...]:
    _last_tree[0] = tree = read_category_tree()
    cache.set(TREE, tree, TREE_KEPT_S)
    return tree


def read_category_tree() -> tuple[CategoryNode, ...]:
    own = Count("products", filter=Q(products__in=visible_products()))
    categories = list(Category.objects.order_by("path").annotate(own=own))
    counts: dict[int, int] = defaultdict(int)
    pictures: dict[int, str] = {}
    by_id = {category.pk: category for category in categories}
    own_pictures = category_pictures()
    for category in categories:
        node = category
        while node is not None:
            counts[node.pk] += category.own
            if category.pk in own_pictures:
                pictures.setdefault(node.pk, own_pictures[category.pk])
            node = by_id.get(node.parent_id)
    return tuple(
        CategoryNode(
            slug=category.slug,
            name=category.name,
            path=category.path,
            depth=category.path.count(" > "),
            products=counts[category.pk],
            image_url=pictures.get(category.pk, ""),
        )
        for category in categories
        if counts[category.pk]
    )


def category_pictures() -> dict[int, str]:
    """One picture per category: the first of its oldest product that has one."""
    rows = (
        shown_images()
        .filter(sold("product_id"), product__blocked=False, product__category__isnull=False)
        .order_by("product__category_id", "product_id", "position")
        .distinct("product__category_id")
        .values_list("product__category_id", "file")
    )
    return {category: picture_url(file) for category, file in rows}


def descendants(slug: str) -> list[int]:
    """Ids of a category and all below it; empty for an unknown slug."""
    category = Category.objects.filter(slug=slug).first()
    if category is None:
        return []
    below = Q(pk=category.pk) | Q(path__startswith=category.path + " > ")
    return list(Category.objects.filter(below).values_list("pk", flat=True))
