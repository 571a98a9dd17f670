"""A random catalog with everything that filters ask about, and everything that can happen to it."""

import random
from decimal import Decimal

import numpy as np

from catalog.models import Category, Image, Offer, Product, Seller
from search.build.register import create_index
from search.models import Bundle, ImageVector
from search.types import Filters

BUNDLE = "b-1.0"
DIM = 16
CHANGES = ("price", "stock", "block", "seller", "move", "edit", "delete", "offers", "picture", "vector", "add")
COLOURS = ("Red", "red", "BLUE", "green", "Größe", "")
STATES = ("indexed", "indexed", "indexed", "rejected", "failed", "held", "inspected")


class World:
    """The same seed gives the same catalog and the same changes."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.bundle = Bundle.objects.create(id=BUNDLE, dim=DIM, state="live")
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
            ImageVector.objects.create(image=image, product=product, bundle=self.bundle, vector=self.unit_vector())

    def unit_vector(self) -> np.ndarray:
        vector = np.array([self.random.gauss(0, 1) for _ in range(DIM)], np.float32)
        return vector / np.linalg.norm(vector)

    def attributes(self) -> dict:
        known = {"color": self.random.choice(COLOURS), "size": self.random.choice(["5", 5, None, True])}
        return {name: known[name] for name in self.random.sample(sorted(known), self.random.randint(0, 2))}

    def offer(self, product: Product, seller: Seller) -> None:
        Offer.objects.create(
            product=product, seller=seller, price=Decimal(self.random.randint(0, 9999)) / 100,
            availability=self.random.choice(["in_stock", "in_stock", "out_of_stock", "preorder"]),
            quantity=self.random.choice([None, 0, 3]),
        )  # fmt: skip

    def change(self, changes: tuple[str, ...] = CHANGES) -> str:
        """One thing happens to some products. Returns what."""
        happens = getattr(self, self.random.choice(changes))
        ids = sorted(Product.objects.values_list("pk", flat=True))
        for product in Product.objects.filter(pk__in=self.random.sample(ids, self.random.randint(1, 6))).order_by("pk"):
            happens(product)
        return happens.__name__

    def price(self, product: Product) -> None:
        product.offers.update(price=Decimal(self.random.randint(0, 9999)) / 100)

    def seller(self, product: Product) -> None:
        """One of its sellers is blocked, or is no more."""
        for offer in product.offers.select_related("seller")[:1]:
            Seller.objects.filter(pk=offer.seller_id).update(blocked=not offer.seller.blocked)

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
        for row in product.vectors.order_by("pk"):
            product.vectors.filter(pk=row.pk).update(vector=self.unit_vector())

    def fold(self, product: Product) -> None:
        """As if a later generation than the one at hand held the new vector already."""
        self.vector(product)
        product.vectors.update(hot=False)

    def add(self, _: Product) -> None:
        if self.random.random() < 0.3:
            self.new_product()

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
