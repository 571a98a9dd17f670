"""Filter columns against the truth: after every change they say what the same filters select in PostgreSQL."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from django.db import connection
from django.db.models import Max

from catalog.models import Category, Image, Offer, Product, Seller
from search import remembered
from search.build.columns import frequent_names, write_columns
from search.build.register import create_index
from search.filters import where
from search.models import Bundle, Change, ImageVector
from search.retrieve.columns import Columns, Wanted, read_facts_for
from search.types import Filters

pytestmark = pytest.mark.django_db(transaction=True)
BUNDLE = "b-1.0"
COLOURS = ("Red", "red", "BLUE", "green", "Größe", "")
STATES = ("indexed", "indexed", "indexed", "rejected", "failed", "inspected")
TRUTH = """SELECT i.id FROM catalog_image i JOIN catalog_product p ON p.id = i.product_id
    JOIN search_imagevector v ON v.image_id = i.id AND v.bundle_id = %s
    WHERE i.id = ANY(%s) AND NOT i.blocked AND i.status NOT IN ('rejected', 'failed')
        AND NOT (v.hot AND NOT pg_visible_in_snapshot(v.written, %s::pg_snapshot)) AND {condition}"""


class World:
    """A random catalog, and everything that can happen to it."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.bundle = Bundle.objects.create(id=BUNDLE, dim=4)
        create_index(self.bundle)
        self.sellers = [Seller.objects.create(name=f"Seller {number}") for number in range(4)]
        self.categories = []
        for _ in range(8):
            self.new_category()
        for _ in range(50):
            self.new_product()

    def new_category(self) -> Category:
        number = len(self.categories)
        parent = self.random.choice([None, *self.categories]) if self.categories else None
        path = f"{parent.path} > C{number}" if parent else f"C{number}"
        made = Category.objects.create(name=f"C{number}", path=path, slug=f"c{number}", parent=parent)
        self.categories.append(made)
        return made

    def new_product(self) -> None:
        product = Product.objects.create(
            sku=f"S{self.random.random()}", title="x", category=self.random.choice([None, *self.categories]),
            blocked=self.random.random() < 0.1, attributes=self.attributes(),
        )  # fmt: skip
        for seller in self.random.sample(self.sellers, self.random.choice([0, 1, 1, 1, 2, 3])):
            self.offer(product, seller)
        for position in range(self.random.randint(1, 3)):
            image = Image.objects.create(product=product, source=str(position), status=self.random.choice(STATES))
            ImageVector.objects.create(image=image, product=product, bundle=self.bundle, vector=[1, 0, 0, 0])

    def attributes(self) -> dict:
        known = {"color": self.random.choice(COLOURS), "size": self.random.choice(["5", 5, None, True])}
        return {name: known[name] for name in self.random.sample(sorted(known), self.random.randint(0, 2))}

    def offer(self, product: Product, seller: Seller) -> None:
        Offer.objects.create(
            product=product, seller=seller, price=Decimal(self.random.randint(0, 9999)) / 100,
            availability=self.random.choice(["in_stock", "in_stock", "out_of_stock", "preorder"]),
            quantity=self.random.choice([None, 0, 3]),
        )  # fmt: skip

    def change(self) -> str:
        """One thing happens to some products. Returns what."""
        may = "price stock block move edit delete offers picture vector"
        happens = getattr(self, self.random.choice(may.split()))
        ids = sorted(Product.objects.values_list("pk", flat=True))
        for product in Product.objects.filter(pk__in=self.random.sample(ids, self.random.randint(1, 6))).order_by("pk"):
            happens(product)
        return happens.__name__

    def price(self, product: Product) -> None:
        product.offers.update(price=Decimal(self.random.randint(0, 9999)) / 100)

    def stock(self, product: Product) -> None:
        product.offers.update(quantity=self.random.choice([None, 0]), availability="in_stock")

    def block(self, product: Product) -> None:
        Product.objects.filter(pk=product.pk).update(blocked=not product.blocked)

    def move(self, product: Product) -> None:
        home = self.new_category() if self.random.random() < 0.2 else self.random.choice([None, *self.categories])
        Product.objects.filter(pk=product.pk).update(category=home)

    def edit(self, product: Product) -> None:
        Product.objects.filter(pk=product.pk).update(attributes=self.attributes())

    def delete(self, product: Product) -> None:
        if self.random.random() < 0.3:
            product.delete()

    def offers(self, product: Product) -> None:
        free = [seller for seller in self.sellers if not product.offers.filter(seller=seller).exists()]
        if free and self.random.random() < 0.6:
            self.offer(product, self.random.choice(free))
        elif first := product.offers.first():
            first.delete()

    def picture(self, product: Product) -> None:
        image = product.images.first()
        if image is not None and self.random.random() < 0.2:
            image.delete()
        elif image is not None:
            product.images.filter(pk=image.pk).update(
                blocked=self.random.random() < 0.3, status=self.random.choice(STATES)
            )

    def vector(self, product: Product) -> None:
        """Written anew it is hot, and newer than the watermark; folded into a generation it is neither again."""
        product.vectors.update(vector=[0, 1, 0, 0])
        if self.random.random() < 0.5:
            product.vectors.update(hot=False)

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Image ids and product ids in the order of some shard."""
        rows = sorted(ImageVector.objects.values_list("image_id", "product_id"))
        self.random.shuffle(rows)
        return tuple(np.ascontiguousarray(np.array(rows, np.int64).T))

    def filters(self) -> Filters:
        pick = self.random.choice
        low, high = sorted(Decimal(self.random.randint(0, 9999)) / 100 for _ in range(2))
        return Filters(
            category=pick([None, None, "nothing", *(one.slug for one in self.categories)]),
            price_min=pick([None, None, low]),
            price_max=pick([None, high, Decimal(50)]),
            in_stock=pick([None, True, False]),
            seller=pick([None, None, None, "Seller 1", "Seller 2", "nobody"]),
            attributes=pick([{}, {}, {"color": pick(COLOURS)}, {"size": "5"}, {"color": "red", "size": "5"}]),
        )


def snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return cursor.fetchone()[0]


def truth(filters: Filters, image_ids: np.ndarray, watermark: str) -> set[int]:
    condition, values = where(filters)
    with connection.cursor() as cursor:
        cursor.execute(TRUTH.format(condition=condition), [BUNDLE, image_ids.tolist(), watermark, *values])
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.parametrize("seed", range(3))
def test_columns_say_what_the_database_selects(seed, tmp_path):
    world = World(seed)
    images, products = world.rows()
    watermark = snapshot()
    columns = opened(tmp_path, images, products)
    asked = [Filters(), *(world.filters() for _ in range(12))]
    seen = Change.objects.aggregate(Max("id"))["id__max"]
    happened = "nothing"
    for _ in range(40):
        remembered.forget()
        for filters in [*asked, world.filters()]:
            mask = columns.match(filters)
            told = images[mask.nonzero()].tolist()
            assert set(told) == truth(filters, images, watermark), (happened, filters)
            assert mask.count == len(told)
            assert np.array_equal(np.unpackbits(mask.bits, bitorder="little")[: len(images)], mask.rows)
        assert columns.dead_count == len(images) - columns.alive.count
        happened = world.change()
        changes = Change.objects.filter(id__gt=seen)
        changed = list(changes.values_list("product_id", flat=True).distinct())
        seen = max([seen, *changes.values_list("id", flat=True)])
        columns.refresh(read_facts_for(changed, BUNDLE, watermark))
    written_now = opened(tmp_path / "again", images, products)
    written_now.refresh(read_facts_for(np.unique(products), BUNDLE, watermark))
    for filters in asked:
        assert np.array_equal(written_now.match(filters).rows, columns.match(filters).rows), filters


def opened(folder, images, products, names=None) -> Columns:
    write_columns(folder, images, products, frequent_names(products) if names is None else names)
    return Columns.open(folder, images)


def test_the_most_frequent_attributes_get_a_column(monkeypatch):
    world = World(5)
    _, products = world.rows()
    assert set(frequent_names(products)) == {"color", "size"}
    Product.objects.update(attributes={"size": "5"})
    Product.objects.filter(pk__in=products[:5].tolist()).update(attributes={"color": "red", "odd": None})
    monkeypatch.setattr("search.build.columns.MAX_NAMES", 2)
    assert frequent_names(products) == ["size", "color"]


def test_an_attribute_without_a_column_is_looked_up(tmp_path, monkeypatch):
    world = World(5)
    images, products = world.rows()
    columns = opened(tmp_path, images, products, names=["color"])
    assert columns.names == {"color"}
    watermark = snapshot()
    for attributes in ({"odd": "x"}, {"size": "5"}, {"color": "red"}, {"size": "5", "color": "blue"}):
        mask = columns.match(Filters(attributes=attributes))
        assert set(images[mask.nonzero()].tolist()) == truth(Filters(attributes=attributes), images, watermark)
    monkeypatch.setattr("search.retrieve.columns.wanted.MAX_PRODUCTS", 0)
    remembered.forget()
    assert columns.match(Filters(attributes=attributes)).count > mask.count  # too many: left to hydration


def test_masks_are_corrected_while_they_are_read(tmp_path):
    """Many readers, one writer: nobody ever sees a row that was never in stock, and no correction is lost."""
    world = World(6)
    images, products = world.rows()
    columns, watermark = opened(tmp_path, images, products), snapshot()
    facts = read_facts_for(np.unique(products), BUNDLE, watermark)
    sold_out = [replace(fact, offers=tuple(replace(offer, in_stock=False) for offer in fact.offers)) for fact in facts]
    full = columns.match(Filters(in_stock=True)).rows.copy()
    wanted = [Wanted(in_stock=True, price_max=1000.0 + number) for number in range(40)]  # more than are kept
    done = threading.Event()

    def read(number: int) -> bool:
        right = True
        while not done.is_set():
            mask = columns.match(wanted[number % len(wanted)])
            right &= not (mask.rows & ~full).any() and len(mask.bits) == -(-len(full) // 8)
            number += 1
        return right

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read, number * 10) for number in range(4)]
        for _ in range(100):
            columns.refresh(sold_out)
            columns.refresh(facts)
        done.set()
        assert all(reader.result() for reader in readers)
    for one in wanted:
        assert np.array_equal(columns.match(one).rows, full)
        assert np.array_equal(np.unpackbits(columns.match(one).bits, bitorder="little")[: len(full)], full)
