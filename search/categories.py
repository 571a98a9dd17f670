"""Categories and sellers by what a shopper calls them, as ids.

The tree is read whole, about once a second and process. While the database is away the last one goes on answering.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from django.db import connection

from search.remembered import Remembered

KEPT_S = 1.0
UNKNOWN_KEPT_S = 0.1  # a category that nobody knows may have been made just now
TREE = "SELECT id, parent_id, slug, path, name FROM catalog_category ORDER BY path"
SELLER = "SELECT id FROM catalog_seller WHERE name = %s"


@dataclass(frozen=True, slots=True)
class Tree:
    """`exact`: ids by slug and by path; `named`: by name in any case; `below`: a category's children."""

    exact: dict[str, set[int]]
    named: dict[str, set[int]]
    below: dict[int | None, list[int]]
    found: dict[str, frozenset[int]] = field(default_factory=dict)

    def subtree(self, asked: str) -> frozenset[int]:
        """Ids of the categories with this slug, path or name and of all below them."""
        if asked not in self.found:
            roots = self.exact.get(asked, set()) | self.named.get(asked.casefold(), set())
            if not roots:
                return frozenset()
            self.found[asked] = frozenset(self.with_all_below(roots))
        return self.found[asked]

    def with_all_below(self, roots: set[int]) -> list[int]:
        """Each category before its children and beside them: a subtree is one run."""
        seen: dict[int, None] = {}
        waiting = sorted(roots, reverse=True)
        while waiting:
            category = waiting.pop()
            if category not in seen:
                seen[category] = None
                waiting += reversed(self.below.get(category, []))
        return list(seen)

    def in_order(self) -> list[int]:
        """Every category's id, a subtree always in one run."""
        return self.with_all_below(set(self.below.get(None, [])))


def category_ids(asked: str) -> frozenset[int]:
    """A category and all below it, by slug, path or name; empty where there is none."""
    return _trees.get().subtree(asked) or _trees.get(kept_s=UNKNOWN_KEPT_S).subtree(asked)


def categories_in_order() -> list[int]:
    return _trees.get().in_order()


def seller_ids(name: str) -> tuple[int, ...]:
    """The seller of this name; empty where there is none."""
    return _sellers.get(name)


def read_tree(_: object = None) -> Tree:
    exact, named, below = defaultdict(set), defaultdict(set), defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(TREE)
        for pk, parent, slug, path, name in cursor.fetchall():
            exact[slug].add(pk)
            exact[path].add(pk)
            named[name.casefold()].add(pk)
            below[parent].append(pk)
    return Tree(dict(exact), dict(named), dict(below))


def read_seller(name: str) -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(SELLER, [name])
        return tuple(row[0] for row in cursor.fetchall())


_trees = Remembered(read_tree, KEPT_S, size=1)
_sellers = Remembered(read_seller, KEPT_S, size=1000)
