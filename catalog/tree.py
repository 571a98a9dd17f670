"""The category tree, as shoppers see it."""

from collections import defaultdict
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, Q

from catalog import outage
from catalog.models import Category
from catalog.storage import picture_url
from catalog.visible import shown_images, sold, visible_products

TREE, TREE_KEPT_S = "catalog.category_tree", 30
_last_tree: list[tuple] = [()]  # as it was read last


@dataclass(frozen=True, slots=True)
class CategoryNode:
    """One category with the number of visible products in it and below it."""

    slug: str
    name: str
    path: str
    depth: int
    products: int
    image_url: str


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
