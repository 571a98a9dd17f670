"""What shoppers may see of products, pictures and offers: in SQL, and for querysets."""

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When

from catalog.models import Image, Offer, Product

SHOWN = "NOT i.blocked AND i.status NOT IN ('rejected', 'failed', 'held')"  # of catalog_image i
# Whether a product p may be shown as far as its sellers go: what only blocked ones sell is not. The first part asks an
# index that is empty while nobody is blocked; the second is no EXISTS, for that might be hashed over all offers.
SOLD = """(NOT EXISTS (SELECT FROM catalog_offer x WHERE x.product_id = p.id AND x.hidden)
    OR (SELECT NOT bool_and(x.hidden) FROM catalog_offer x WHERE x.product_id = p.id))"""
# Ids of all products that may not be shown, from two indexes that hold nothing else: hidden_products() says the same.
HIDDEN_PRODUCTS = """SELECT id FROM catalog_product WHERE blocked
    UNION ALL SELECT o.product_id FROM catalog_offer o WHERE o.hidden
        AND NOT EXISTS (SELECT FROM catalog_offer s WHERE s.product_id = o.product_id AND NOT s.hidden)"""


def visible_products() -> QuerySet[Product]:
    return Product.objects.filter(sold(), blocked=False)


def hidden_products() -> QuerySet[dict]:
    """Ids of all others."""
    refused = Product.objects.filter(Exists(Offer.objects.filter(product=OuterRef("pk"), hidden=True)))
    unsold = refused.filter(~Exists(Offer.objects.filter(product=OuterRef("pk"), hidden=False)))
    return Product.objects.filter(blocked=True).values("pk").union(unsold.values("pk"))


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
