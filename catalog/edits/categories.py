"""The category tree as an admin changes it. A path holds the names above it: a new name renames all that is below."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q

from catalog.errors import CategoryRefused
from catalog.history import recorded
from catalog.ingest.upsert import take_turn
from catalog.models import Category, Product
from catalog.services import PATH_SEPARATOR, free_slug

LONGEST_NAME, LONGEST_PATH = 120, 500


@dataclass(frozen=True, slots=True)
class Node:
    """One category of the tree; products: its own and those below it, hidden ones too."""

    id: int
    name: str
    path: str
    slug: str
    depth: int
    own: int
    products: int
    children: int


def tree() -> list[Node]:
    """All categories, each right above its children; one query however many there are."""
    counted = Category.objects.annotate(own=Count("products"))
    rows = list(counted.values_list("id", "parent_id", "name", "path", "slug", "own"))
    rows.sort(key=lambda row: row[3].split(PATH_SEPARATOR))
    totals, children = {row[0]: row[5] for row in rows}, dict.fromkeys((row[0] for row in rows), 0)
    for pk, parent, *_ in sorted(rows, key=lambda row: -row[3].count(PATH_SEPARATOR)):  # the deepest first
        if parent in totals:
            totals[parent] += totals[pk]
            children[parent] += 1
    return [
        Node(pk, name, path, slug, path.count(PATH_SEPARATOR), own, totals[pk], children[pk])
        for pk, _, name, path, slug, own in rows
    ]


def check(category: Category | None, name: str, parent: Category | None) -> str:
    """The path that it would have. Raises CategoryRefused."""
    name = name.strip()
    if not name or ">" in name or len(name) > LONGEST_NAME:
        raise CategoryRefused(f"A name has 1 to {LONGEST_NAME} characters, and no >.")
    path = PATH_SEPARATOR.join([*([parent.path] if parent else []), name])
    if category and category.pk and parent and is_below(parent, category):
        raise CategoryRefused("A category cannot be moved into itself or below itself.")
    if Category.objects.filter(path=path).exclude(pk=category.pk if category else None).exists():
        raise CategoryRefused(f"There is already a category {path}.")
    deepest = len(path)
    if category and category.pk:
        below = Category.objects.filter(path__startswith=category.path + PATH_SEPARATOR).values_list("path", flat=True)
        deepest += max((len(its) - len(category.path) for its in below), default=0)
    if deepest > LONGEST_PATH:
        raise CategoryRefused(f"The names from the top to the last would be longer than {LONGEST_PATH} characters.")
    return path


def is_below(category: Category, top: Category) -> bool:
    return category.pk == top.pk or category.path.startswith(top.path + PATH_SEPARATOR)


def make(name: str, parent: Category | None, who: str, user=None) -> Category:
    """Raises CategoryRefused."""
    with recorded(who, f"Category {name}"[:300], user):
        take_turn()  # imports make categories, too
        path = check(None, name, parent)
        return Category.objects.create(
            name=name.strip(), parent=parent, path=path, slug=free_slug(path.split(PATH_SEPARATOR))
        )


def change(category: Category, name: str, parent: Category | None, who: str, user=None) -> int:
    """Another name or place; its address in the shop stays. How many categories changed. Raises CategoryRefused."""
    with recorded(who, f"Category {category.path}"[:300], user):
        take_turn()  # imports make categories, too
        before = Category.objects.get(pk=category.pk)
        path = check(before, name, parent)
        if path == before.path:
            return 0
        below = list(Category.objects.filter(path__startswith=before.path + PATH_SEPARATOR))
        Category.objects.filter(pk=before.pk).update(name=name.strip(), parent=parent, path=path)
        for each in below:
            each.path = path + each.path[len(before.path) :]
        Category.objects.bulk_update(below, ["path"])
    cache.delete("catalog.category_tree")
    return len(below) + 1


def delete(category: Category, into: Category | None, who: str, user=None) -> int:
    """With all below it; its products go into another category or into none. How many. Raises CategoryRefused."""
    if into and is_below(into, category):
        raise CategoryRefused("Its products cannot go where nothing will be left.")
    gone = Q(pk=category.pk) | Q(path__startswith=category.path + PATH_SEPARATOR)
    with recorded(who, f"Category {category.path} deleted"[:300], user):
        take_turn()  # imports make categories, too
        ids = list(Category.objects.filter(gone).values_list("pk", flat=True))
        moved = Product.objects.filter(category__in=ids).update(category=into)
        while ids:  # leaves first: a parent is protected while it has children
            leaves = Category.objects.filter(pk__in=ids).exclude(Exists(Category.objects.filter(parent=OuterRef("pk"))))
            taken = list(leaves.values_list("pk", flat=True))
            leaves.delete()
            ids = [pk for pk in ids if pk not in taken]
    cache.delete("catalog.category_tree")
    return moved
