"""A shopper's filters as SQL conditions over catalog_product p. Every value is a parameter, never text."""

from catalog.cards import Only
from catalog.visible import SOLD
from search.categories import category_ids, seller_ids
from search.types import Filters

IN_STOCK = "o.availability = 'in_stock' AND o.quantity IS DISTINCT FROM 0"


def where(filters: Filters) -> tuple[str, list]:
    """A condition and its parameters. Blocked products, and what blocked sellers alone sell, never match."""
    conditions, values = product_conditions(filters)
    offer, offer_values = offer_conditions(filters)
    if offer:
        inside = " AND ".join(["o.product_id = p.id", "NOT o.hidden", *offer])
        conditions.append(f"EXISTS (SELECT 1 FROM catalog_offer o WHERE {inside})")
    return " AND ".join(["NOT p.blocked", SOLD, *conditions]), values + offer_values


def only(filters: Filters) -> Only:
    """The same for cards, which show the best of the offers that pass."""
    product, product_values = product_conditions(filters)
    offer, offer_values = offer_conditions(filters)
    return Only(tuple(product), tuple(product_values), tuple(offer), tuple(offer_values))


def product_conditions(filters: Filters) -> tuple[list[str], list]:
    conditions, values = [], []
    if filters.category is not None:
        conditions.append("p.category_id = ANY(%s::bigint[])")
        values.append(sorted(category_ids(filters.category)))
    for name, value in sorted(filters.attributes.items()):
        conditions.append("lower(p.attributes ->> %s) = lower(%s)")
        values += [name, value]
    return conditions, values


def offer_conditions(filters: Filters) -> tuple[list[str], list]:
    """Over catalog_offer o: price, stock and seller must hold for one and the same offer."""
    conditions, values = [], []
    if filters.price_min is not None:
        conditions.append("o.price >= %s")
        values.append(filters.price_min)
    if filters.price_max is not None:
        conditions.append("o.price <= %s")
        values.append(filters.price_max)
    if filters.in_stock:
        conditions.append(IN_STOCK)
    if filters.seller is not None:
        conditions.append("o.seller_id = ANY(%s::bigint[])")
        values.append(list(seller_ids(filters.seller)))
    return conditions, values
