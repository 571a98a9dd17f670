"""How long a change of the catalog takes to reach searches, while shoppers search.

    python bench/freshness.py [--rows 2000] [--flips 200] [--blocks 200] [--uploads 200] [--per-s 10]

A shop of its own: PostgreSQL, a worker, two web processes, a live generation. The catalog is a part of the demo's,
with its pictures and the bundle that ships, and `--rows` further products whose vectors are made up in pairs
(bench/shop/fill.py). Searches that are only load ask for "more like this product".

Stock: a product of a pair is sold out through the function that the API calls; the clock runs from its commit until
both web processes have answered a search "like its partner, in stock" without it. Blocks: the same for its picture,
put on the blocklist by the review's function, and for its seller, who offers nothing else. Uploads: another photo of
a demo product is uploaded as the only picture of a new product; the clock runs from before the upload until both web
processes find the new product when asked for more like the old one. Each answer that still holds the old state is
followed by a pause of 30 ms, so that asking does not slow down what is asked for.
"""

import argparse
import csv
import io
import random
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
from shop.house import ROOT, House, house
from shop.load import Load, percentiles_ms

PAUSE_S = 0.03
GIVE_UP_S = 60.0
GONE_P99_S, FOUND_P99_S = 1.0, 5.0
ACTOR = "bench"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000, help="made-up products, beside those of the demo")
    parser.add_argument("--demo", type=int, default=100, help="products of the demo with pictures")
    parser.add_argument("--flips", type=int, default=200)
    parser.add_argument("--blocks", type=int, default=200, help="of pictures, and as many of sellers")
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--per-s", type=float, default=10)
    parser.add_argument("--keep", action="store_true", help="leave its folder, with the logs")
    arguments = parser.parse_args()
    with house("freshness", arguments.keep) as home:
        shop = Shop(home, arguments.rows)
        shop.fill(arguments.demo)
        dice = random.Random(1)
        shop.open()
        with Load(shop.urls, arguments.per_s, lambda _: {"product_id": dice.randint(1, shop.rows)}) as load:
            time.sleep(3)
            pairs = iter(range(arguments.rows // 2))
            good = [
                tell("sold out to gone", [shop.flip(next(pairs)) for _ in range(arguments.flips)], GONE_P99_S),
                tell("picture blocked to gone", [shop.block(next(pairs)) for _ in range(arguments.blocks)], GONE_P99_S),
                tell("seller blocked to gone", [shop.ban(next(pairs)) for _ in range(arguments.blocks)], GONE_P99_S),
                tell("upload to found", [shop.upload(number) for number in range(arguments.uploads)], FOUND_P99_S),
            ]
        failed = [reply for reply in load.replies if reply.failed]
        p50, p99 = percentiles_ms(load.replies)
        print(f"load: {len(load.replies)} searches, {len(failed)} failed, p50 {p50:.0f} ms, p99 {p99:.0f} ms")
        for reply in failed[:3]:
            print(f"  {reply.status} {str(reply.body)[:300]}")
    sys.exit(bool(failed) or not all(good))


class Shop:
    def __init__(self, home: House, rows: int):
        self.home, self.rows = home, rows
        self.urls: list[str] = []
        self.demo: list[tuple[int, bytes]] = []  # product, JPEG of its picture

    def fill(self, products: int) -> None:
        from shop.fill import Catalog, give_picture

        from search.serving import live_bundle

        self.home.manage("register_bundle")
        give_picture(self.home.home)
        catalog, bundle = Catalog(self.rows), live_bundle()
        catalog.fill()
        catalog.fill_vectors(bundle.id, bundle.dim)
        self.fill_demo(products)
        print("Building a generation", flush=True)
        self.home.manage("index", "build", "--promote")

    def fill_demo(self, products: int) -> None:
        from django.core.files.storage import default_storage

        from catalog.ingest.run import import_feed
        from catalog.models import Image, Product

        print(f"Encoding the pictures of {products} products", flush=True)
        feed = self.home.home / "feed.csv"
        part_of_demo(feed, products)
        import_feed(feed, self.home.home / "errors.csv", images=ROOT / "demo")
        self.home.manage("work", "--until-empty")
        done = Product.objects.filter(pk__gt=self.rows, images__status=Image.Status.INDEXED).distinct().order_by("pk")
        for product in done:
            image = product.images.filter(status=Image.Status.INDEXED).first()
            self.demo.append((product.pk, default_storage.open(image.file).read()))

    def open(self) -> None:
        """Web servers and a worker; each server has answered a search before the clocks start."""
        self.home.start("work")
        self.urls = self.home.serve(2)
        self.clients = [httpx.Client(base_url=url, timeout=30, trust_env=False) for url in self.urls]
        for client in self.clients:
            search(client, {"product_id": 1})
        self.pool = ThreadPoolExecutor(len(self.clients))

    def flip(self, pair: int) -> float:
        """Seconds from sold out to gone, in the slower of the two processes."""
        from catalog.ingest.validate import Listing
        from catalog.ingest.write import update_product

        sold_out = Listing(0, f"B{2 * pair + 1}", offer={"seller": "Bench", "availability": "out_of_stock"})
        return self.time_until_gone(pair, lambda: update_product(sold_out, None))

    def block(self, pair: int) -> float:
        from catalog.models import Image
        from catalog.review.services import block_picture

        image = Image.objects.get(product_id=2 * pair + 1)
        look = {"sha256": f"{pair:064x}", "phash": random.Random(pair).getrandbits(63)}  # made-up pictures share a file
        Image.objects.filter(pk=image.pk).update(**look)
        return self.time_until_gone(pair, lambda: block_picture(image.pk, ACTOR))

    def ban(self, pair: int) -> float:
        from catalog.models import Offer, Seller
        from catalog.review.services import block_seller

        seller = Seller.objects.create(name=f"Seller {pair}")
        Offer.objects.filter(product_id=2 * pair + 1).update(seller=seller)
        return self.time_until_gone(pair, lambda: block_seller(seller.pk, True, ACTOR))

    def time_until_gone(self, pair: int, hide: Callable[[], object]) -> float:
        product, partner = 2 * pair + 1, 2 * pair + 2
        asked = {"product_id": partner, "filters": {"in_stock": True}, "limit": 5}
        if not all(product in ids(search(client, asked)) for client in self.clients):
            raise SystemExit(f"product {product} is not found beside its partner")
        hide()
        return self.time_until(asked, lambda found: product not in ids(found), time.monotonic())

    def upload(self, number: int) -> float:
        """Seconds from before the upload to found, in the slower of the two processes."""
        from catalog.ingest.upload import add_upload
        from catalog.models import Product

        like, picture = self.demo[number % len(self.demo)]
        product = Product.objects.create(sku=f"NEW{number}", title=f"New thing {number}")
        photo = another_photo(picture, number)
        started = time.monotonic()
        add_upload(product.sku, photo)
        return self.time_until({"product_id": like, "limit": 50}, lambda found: product.pk in ids(found), started)

    def time_until(self, asked: dict, holds: Callable[[dict], bool], started_s: float) -> float:
        return max(self.pool.map(lambda client: wait_until(client, asked, holds, started_s), self.clients))


def wait_until(client: httpx.Client, asked: dict, holds: Callable[[dict], bool], started_s: float) -> float:
    while time.monotonic() - started_s < GIVE_UP_S:
        if holds(search(client, asked)):
            return time.monotonic() - started_s
        time.sleep(PAUSE_S)
    return GIVE_UP_S


def search(client: httpx.Client, asked: dict) -> dict:
    return client.post("/api/v1/searches", json=asked).raise_for_status().json()


def ids(found: dict) -> set[int]:
    """Products of an answer, those that are folded into another's card too."""
    return {product for card in found["results"] for product in (card["product_id"], *card["also_ids"])}


def part_of_demo(path, products: int) -> None:
    with (ROOT / "demo" / "feed.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows[:: max(1, len(rows) // products)][:products])


def another_photo(picture: bytes, number: int) -> bytes:
    """Cropped a little, and brighter or darker, each time differently: another file, the same thing."""
    from PIL import Image, ImageEnhance

    image = Image.open(io.BytesIO(picture)).convert("RGB")
    margin = 2 + number % 7
    image = image.crop((margin, margin, image.width - margin, image.height - margin))
    file = io.BytesIO()
    ImageEnhance.Brightness(image).enhance(0.9 + 0.2 * random.Random(number).random()).save(file, "JPEG", quality=90)
    return file.getvalue()


def tell(name: str, seconds: list[float], limit_s: float) -> bool:
    if not seconds:
        return True
    p50, p99 = np.percentile(seconds, [50, 99])
    good = p99 <= limit_s
    print(
        f"{name}: {len(seconds)}, p50 {p50:.2f} s, p99 {p99:.2f} s, slowest {max(seconds):.2f} s"
        f" (target p99 {limit_s:g} s: {'met' if good else 'missed'})",
        flush=True,
    )
    return good


if __name__ == "__main__":
    main()
