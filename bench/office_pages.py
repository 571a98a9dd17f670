"""How fast the pages of index status and of the review answer with many SKUs, an index of them, and long queues.

    python bench/office_pages.py [--rows 100000] [--asks 20]

A shop of its own: PostgreSQL, one web process, and products with a picture and a vector each (bench/shop/fill.py), of
which a generation is built and promoted. A twentieth of the pictures waits, a tenth is held, rejected, failed or warned
of; a third has a look-alike, and every product lacks an attribute. The index lacks 200 pictures that the catalog calls
searchable. Pages are asked for by HTTP, one after another in mixed order; the clock runs until the last byte. Then
nearly all that waited in the review is decided, and its pages are asked for again: a queue with little in it must not
take longer.
"""

import argparse
import random
import time

import httpx
import numpy as np
from admin_list import sign_in
from shop.fill import Catalog, give_picture, quiet_triggers
from shop.house import House, house

STATES = """UPDATE catalog_image SET status = CASE WHEN id % 20 = 1 THEN 'pending' WHEN id % 40 = 2 THEN 'held'
        WHEN id % 40 = 3 THEN 'rejected' ELSE 'failed' END, reason = CASE WHEN id % 20 = 1 THEN '' ELSE 'Bench.' END
    WHERE id % 20 = 1 OR id % 40 IN (2, 3) OR id % 400 = 4"""
UNFOUND = "DELETE FROM search_imagevector v USING catalog_image i WHERE i.id = v.image_id AND i.status <> 'indexed'"
JOBS = """INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, args, status)
    SELECT 'default', 'catalog.inspect_image', 0, 'image:' || id, jsonb_build_object('image_id', id), 'todo'
    FROM catalog_image WHERE status = 'pending'"""
INSPECTED = """INSERT INTO catalog_inspection (image_id, cause, warnings, open, parts, kept, at)
    SELECT id, CASE status WHEN 'held' THEN 'safety' WHEN 'rejected' THEN 'quality' ELSE '' END,
        '[["blurred", "It is blurred."]]', status = 'indexed', '[]', '', now()
    FROM catalog_image WHERE status IN ('held', 'rejected') OR id % 20 = 5"""
LOOK_ALIKES = """INSERT INTO catalog_nearduplicate (image_id, other_id, bits, distance)
    SELECT id, id - 2, 2, 1.5 FROM catalog_image WHERE id % 3 = 0"""
PLANTED = """UPDATE catalog_image SET status = 'indexed', indexed_at = now()
    WHERE id IN (SELECT id FROM catalog_image WHERE status = 'failed' LIMIT 200)"""
DECIDED = [
    "UPDATE catalog_nearduplicate SET decided = true WHERE id % 5000 > 0",
    "UPDATE catalog_inspection SET open = false WHERE image_id % 5000 > 5",
    """UPDATE catalog_product SET attributes = '{"color": "blue", "material": "oak"}' WHERE id % 5000 > 0""",
]
REVIEW = {
    f"review, {queue}": f"/manage/review/{queue}/?after={{after}}" for queue in ("held", "duplicates", "warnings")
} | {"review, rejected": "/manage/review/rejected/?after={after}"}
PAGES = {
    "status": "/manage/status/",
    "status, waiting": "/manage/status/?state=waiting",
    "status, blocked": "/manage/status/?state=hidden",
    "status, failed": "/manage/status/?state=failed",
    "status, not at the front": "/manage/status/?before={after}",
    "status, by SKU": "/manage/status/?q=B{sku}",
    "status, by a word": "/manage/status/?q=thing",
    "status of one SKU": "/manage/status/B{sku}/",
    "what a page with 50 pictures asks": "/manage/pictures/status/?figures=1&banner=1&pictures={fifty}",
    **REVIEW,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="an even number")
    parser.add_argument("--asks", type=int, default=20, help="of each kind of page")
    arguments = parser.parse_args()
    with house("office-pages") as home:
        fill(home, arguments.rows)
        (url,) = home.serve(1)
        with httpx.Client(base_url=url, cookies=sign_in(), timeout=120, trust_env=False) as client:
            measure(client, PAGES, arguments.rows, arguments.asks)
            write(DECIDED)
            print("nearly all decided")
            measure(client, REVIEW, arguments.rows, arguments.asks)


def fill(home: House, rows: int) -> None:
    from search.models import Bundle

    give_picture(home.home)
    home.manage("register_bundle")
    bundle, catalog = Bundle.objects.get(), Catalog(rows)
    catalog.fill()
    catalog.fill_vectors(bundle.pk, bundle.dim)
    write([STATES, UNFOUND, JOBS, INSPECTED, LOOK_ALIKES])
    print(home.manage("index", "build", "--promote").strip().splitlines()[-1])
    write([PLANTED])


def write(statements: list[str]) -> None:
    from django.db import connection

    with quiet_triggers(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE")


def measure(client: httpx.Client, pages: dict[str, str], rows: int, asks: int) -> None:
    dice, waits = random.Random(1), {name: [] for name in pages}
    first = {name: ask(client, page, dice, rows) for name, page in pages.items()}
    order = list(pages) * asks
    dice.shuffle(order)
    for name in order:
        waits[name].append(ask(client, pages[name], dice, rows))
    for name, seconds in waits.items():
        p50, p95 = np.percentile(seconds, [50, 95]) * 1000
        worst = max(seconds) * 1000
        print(f"{name:36} first {first[name] * 1000:5.0f} ms  p50 {p50:4.0f}  p95 {p95:4.0f}  longest {worst:4.0f} ms")


def ask(client: httpx.Client, page: str, dice: random.Random, rows: int) -> float:
    after = dice.randint(100, rows)
    fifty = ",".join(map(str, range(after - 50, after)))
    started = time.perf_counter()
    client.get(page.format(after=after, sku=dice.randint(1, rows), fifty=fifty)).raise_for_status()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
