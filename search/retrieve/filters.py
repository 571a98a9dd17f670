"""A shopper's filters as SQL conditions over catalog_product p. Every value is a parameter, never text."""

from search.types import Filters

CATEGORY = """p.category_id IN (
    WITH RECURSIVE subtree AS (
        SELECT id FROM catalog_category WHERE slug = %s OR path = %s OR lower(name) = lower(%s)
        UNION SELECT child.id FROM catalog_category child JOIN subtree ON child.parent_id = subtree.id)
    SELECT id FROM subtree)"""


def where(filters: Filters) -> tuple[str, list]:
    """A condition and its parameters. Blocked products never match, whatever is asked."""
    conditions, values = ["NOT p.blocked"], []
    if filters.category is not None:
        conditions.append(CATEGORY)
        values += [filters.category] * 3
    for name, value in sorted(filters.attributes.items()):
        conditions.append("lower(p.attributes ->> %s) = lower(%s)")
        values += [name, value]
    offer, offer_values = offer_condition(filters)
    return " AND ".join(conditions + offer), values + offer_values


def offer_condition(filters: Filters) -> tuple[list[str], list]:
    """Price and stock must hold for one and the same offer."""
    conditions, values = [], []
    if filters.price_min is not None:
        conditions.append("o.price >= %s")
        values.append(filters.price_min)
    if filters.price_max is not None:
        conditions.append("o.price <= %s")
        values.append(filters.price_max)
    if filters.in_stock:
        conditions.append("o.availability = 'in_stock' AND o.quantity IS DISTINCT FROM 0")
    if not conditions:
        return [], []
    inside = " AND ".join(["o.product_id = p.id", *conditions])
    return [f"EXISTS (SELECT 1 FROM catalog_offer o WHERE {inside})"], values
