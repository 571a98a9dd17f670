"""How fast the product list answers with many products, for each kind of page that an admin asks for.

    python bench/admin_list.py [--rows 100000] [--asks 40]

A shop of its own: PostgreSQL, one web process, and products without files: three levels of categories, 25 sellers, 1.25
offers and 2 pictures for each, some of them waiting, rejected, failed or missing. The pages are asked for by HTTP, one
after another in mixed order, as one who signed in; the clock runs until the last byte. Then products are changed
together, and it is undone.
"""

import argparse
import random
import sys
import time

import httpx
import numpy as np
from shop.fill import quiet_triggers
from shop.house import House, house

LIMIT_MS = 300
WORDS = ["oak", "walnut", "velvet", "linen", "steel", "glass", "blue", "green", "red", "round", "square", "tall", "low"]
WORDS += ["soft", "folding", "garden", "classic", "modern"]
NOUNS = ["armchair", "sofa", "lamp", "table", "shelf", "rug", "bed", "desk", "mirror", "stool", "vase", "curtain"]
NOUNS += ["bench", "clock", "basket"]
CATEGORIES = """INSERT INTO catalog_category (id, parent_id, name, path, slug)
    SELECT n, CASE WHEN n <= 10 THEN NULL WHEN n <= 90 THEN (n - 11) / 8 + 1 ELSE (n - 91) / 5 + 11 END, 'C' || n,
        CASE WHEN n <= 10 THEN 'C' || n WHEN n <= 90 THEN 'C' || (n - 11) / 8 + 1 || ' > C' || n
        ELSE 'C' || ((n - 91) / 5) / 8 + 1 || ' > C' || (n - 91) / 5 + 11 || ' > C' || n END, 'c' || n
    FROM generate_series(1, 490) n"""
PRODUCTS = """INSERT INTO catalog_product (id, sku, group_id, gtin, title, description, brand, category_id, attributes,
        blocked, hidden_by_feed, created_at, updated_at)
    SELECT n, 'SKU-' || lpad(n::text, 7, '0'), 'G' || n / 3, (4000000000000 + n)::text,
        initcap((%(words)s::text[])[1 + (n * 7) %% 18] || ' ' || (%(words)s::text[])[1 + (n * 11) %% 18] || ' '
            || (%(nouns)s::text[])[1 + n %% 15]) || ' ' || n,
        repeat('A ' || (%(words)s::text[])[1 + (n * 5) %% 18] || ' piece for every room, made to last. ', 8),
        'Brand ' || n %% 200, 91 + n %% 400, jsonb_build_object('color', (%(words)s::text[])[7 + n %% 3]),
        n %% 100 = 0, false, now() - n * interval '1 second', now() - (n * 7919 %% 1000000) * interval '1 second'
    FROM generate_series(1, %(rows)s) n"""
OFFERS = """INSERT INTO catalog_offer (product_id, seller_id, price, currency, availability, quantity, updated_at)
    SELECT n, 1 + (n + k) %% 25, 10 + n %% 2000, 'EUR', CASE WHEN n %% 9 = 0 THEN 'out_of_stock' ELSE 'in_stock' END,
        n %% 40, now()
    FROM generate_series(1, %(rows)s) n, generate_series(0, 1) k WHERE n %% 50 > 0 AND (k = 0 OR n %% 4 = 0)"""
IMAGES = """INSERT INTO catalog_image (product_id, position, source, folder, fingerprint, file, status, reason,
        attempts, sha256, colours, blocked, created_at)
    SELECT n, k, 'https://shop.example/' || n || '-' || k, '', '', CASE WHEN s < 950 THEN 'bench.jpg' ELSE '' END,
        CASE WHEN s < 950 THEN 'indexed' WHEN s < 970 THEN 'pending' WHEN s < 990 THEN 'rejected' ELSE 'failed' END,
        CASE WHEN s >= 970 THEN 'The picture is blank.' ELSE '' END, 1, '', '[]', false, now()
    FROM (SELECT n, k, (n * 31 + k * 17) %% 1000 AS s FROM generate_series(1, %(rows)s) n, generate_series(0, 1) k) i
    WHERE n %% 40 > 0"""
PAGES = {
    "default page": "",
    "second page": "p=2",
    "page 150": "p=150",
    "by a word": "q={word}",
    "by two words": "q={word}+{noun}",
    "by the beginning of a word": "q={start}",
    "by SKU": "q={sku}",
    "by the beginning of a SKU": "q={sku_start}",
    "nothing found": "q=xylophone",
    "searchable": "state=searchable",
    "waiting": "state=waiting",
    "rejected": "state=rejected",
    "failed": "state=failed",
    "no picture": "state=none",
    "category, with what is below": "category=c{top}",
    "category, a leaf": "category=c{leaf}",
    "in stock": "stock=in",
    "out of stock": "stock=out",
    "no offer": "stock=none",
    "seller": "seller={seller}",
    "hidden": "hidden=yes",
    "word, category, stock and seller": "q={word}&category=c{top}&stock=in&seller={seller}",
    "failed, in a category": "state=failed&category=c{top}",
    "by time of change": "o=-7",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--asks", type=int, default=40, help="of each kind of page")
    arguments = parser.parse_args()
    with house("admin-list") as home:
        fill(arguments.rows)
        slow = measure(home, arguments.rows, arguments.asks)
        bulk(arguments.rows)
        feed(arguments.rows // 5)
    sys.exit(slow)


def fill(rows: int) -> None:
    from django.db import connection

    from catalog.models import Seller

    Seller.objects.bulk_create(Seller(pk=number, name=f"Seller {number}") for number in range(1, 26))
    asked = {"rows": rows, "words": WORDS, "nouns": NOUNS}
    started = time.perf_counter()
    with quiet_triggers(), connection.cursor() as cursor:
        cursor.execute(CATEGORIES)
        for statement in (PRODUCTS, OFFERS, IMAGES):
            cursor.execute(statement, asked)
        cursor.execute("VACUUM ANALYZE")  # as autovacuum would within a minute, in the midst of the clock
    print(f"{rows:,} products made in {time.perf_counter() - started:.0f} s")


def sign_in() -> dict[str, str]:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from webapp import roles

    user = User.objects.create_user("bench")
    roles.give(user, ["catalog-admin"])
    client = Client()
    client.force_login(user)
    return {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}


def measure(home: House, rows: int, asks: int) -> bool:
    """Prints a line for each kind; True if one is slower than it may be."""
    dice, waits = random.Random(1), {name: [] for name in PAGES}
    (url,) = home.serve(1)
    with httpx.Client(base_url=url, cookies=sign_in(), timeout=60, trust_env=False) as client:
        for asked in PAGES.values():  # once before the clock runs
            ask(client, asked, dice, rows)
        order = list(PAGES) * asks
        dice.shuffle(order)
        for name in order:
            waits[name].append(ask(client, PAGES[name], dice, rows))
    slow = False
    for name, seconds in waits.items():
        p50, p95 = np.percentile(seconds, [50, 95]) * 1000
        slow |= p95 > LIMIT_MS
        print(f"{name:36} p50 {p50:4.0f} ms  p95 {p95:4.0f} ms{'  TOO SLOW' if p95 > LIMIT_MS else ''}")
    p50, p95 = np.percentile([second for each in waits.values() for second in each], [50, 95]) * 1000
    print(f"{'all':36} p50 {p50:4.0f} ms  p95 {p95:4.0f} ms")
    return slow


def ask(client: httpx.Client, page: str, dice: random.Random, rows: int) -> float:
    sku, noun = f"SKU-{dice.randint(1, rows):07}", dice.choice(NOUNS)
    values = {"word": dice.choice(WORDS), "noun": noun, "start": noun[:3], "sku": sku, "sku_start": sku[:8]}
    values |= {"top": dice.randint(1, 10), "leaf": dice.randint(91, 490), "seller": dice.randint(1, 25)}
    started = time.perf_counter()
    client.get(f"/admin/catalog/product/?{page.format(**values)}").raise_for_status()
    return time.perf_counter() - started


def bulk(rows: int) -> None:
    """A tenth of the catalog, then all of it: the preview, the change, its undo."""
    from decimal import Decimal

    from catalog.edits.bulk import BulkEdit, apply, preview
    from catalog.edits.undo import undo
    from catalog.models import Edit, Product

    edit = BulkEdit(percent=Decimal(10), attributes={"style": "new"})
    for part in (rows // 10, rows):
        chosen = Product.objects.filter(pk__lte=part)
        looked, changed = timed(lambda: preview(chosen, edit)), timed(lambda: apply(chosen, edit, "bench"))  # noqa: B023
        undone = timed(lambda: undo(Edit.objects.latest("pk"), "bench"))
        print(f"{part:,} products together: look {looked:.1f} s, change {changed:.1f} s, undo {undone:.1f} s")


def feed(rows: int) -> None:
    """What recording costs a feed that changes price and stock of every row: with the history's triggers, without."""
    from decimal import Decimal

    from django.db import connection

    from catalog.history import recorded_in, start_edit
    from catalog.ingest.upsert import upsert
    from catalog.ingest.validate import Listing

    def bring(price: int) -> None:
        edit = start_edit("bench", "feed")
        for first in range(1, rows, 400):
            numbers = range(first, min(first + 400, rows + 1))
            offer = {"price": Decimal(price), "availability": "in_stock", "quantity": price}
            with recorded_in(edit):
                upsert([Listing(line=n, sku=f"SKU-{n:07}", offer=offer) for n in numbers], "")

    seconds = {"with": [], "without": []}
    for price in range(11, 17):
        how = "with" if price % 2 else "without"
        with connection.cursor() as cursor:
            turn = "ENABLE" if how == "with" else "DISABLE"
            cursor.execute(f"ALTER TABLE catalog_offer {turn} TRIGGER catalog_offer_changed")
        seconds[how].append(timed(lambda: bring(price)))  # noqa: B023
    with_history, without = (float(np.median(each)) for each in seconds.values())
    print(
        f"a feed that changes price and stock of {rows:,} rows: {with_history:.1f} s, without history {without:.1f} s"
    )


def timed(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
