"""The worst misses as pictures: the photo with its box, the crop, the first five results, and what was right."""

from pathlib import Path

from django.core.files.storage import default_storage
from PIL import Image as Picture
from PIL import ImageDraw

from catalog.models import Image
from ml.images import open_image
from search.evaluate.ask import PAGE, Reply, Shop, first_right, inside
from search.evaluate.folder import Question

MISSES = 20
TILE_PX = 220
GREY, RED, GREEN, INK = (240, 240, 240), (200, 40, 40), (20, 130, 60), (30, 30, 30)
PHOTO_MAX_PX = 1280


def write_misses(asked: list[tuple[Question, Reply]], shop: Shop, folder: Path) -> list[Path]:
    """The twenty worst of the (question, reply) pairs, one JPEG each; those of an earlier run go."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("miss-*.jpg"):
        old.unlink()
    missed = [(each, reply) for each, reply in asked if first_right(reply, each) > 0]
    # A wrong answer on a full page says more than an object without a box.
    missed.sort(key=lambda pair: (not pair[1].skus, -first_right(pair[1], pair[0])))
    paths = []
    for number, (each, reply) in enumerate(missed[:MISSES], 1):
        path = folder / f"miss-{number:02d}.jpg"
        sheet(each, reply, shop).save(path, quality=85)
        paths.append(path)
    return paths


def sheet(each: Question, reply: Reply, shop: Shop) -> Picture.Image:
    photo, cut = photo_tiles(each, reply, shop)
    right = next(iter(sorted(each.right, key=lambda sku: -each.right[sku])))
    tiles = [(photo, f"line {each.id}" if not reply.error else "no box of the detector fits"), (cut, "searched with")]
    tiles += [(product_tile(sku), f"{rank} {sku}") for rank, sku in enumerate(reply.skus[:5], 1)]
    place = first_right(reply, each)
    tiles.append(
        (product_tile(right), f"right: {right} " + (f"(place {place + 1})" if place < PAGE else "(not found)"))
    )
    canvas = Picture.new("RGB", (TILE_PX * len(tiles), TILE_PX + 18), "white")
    draw = ImageDraw.Draw(canvas)
    for column, (tile, caption) in enumerate(tiles):
        canvas.paste(tile, (column * TILE_PX, 0))
        colour = GREEN if caption.startswith("right") else INK
        draw.text((column * TILE_PX + 4, TILE_PX + 3), caption[:36], fill=colour)
    return canvas


def photo_tiles(each: Question, reply: Reply, shop: Shop) -> tuple[Picture.Image, Picture.Image]:
    """The photo with the searched box in red and the true one in green, and the crop."""
    found = shop.look(each.photo)
    if isinstance(found, str):
        return fit(None), fit(None)
    photo = open_image(inside(shop.root, each.photo).read_bytes(), max_side_px=PHOTO_MAX_PX)
    scale = photo.width / found.width
    cut = photo.crop([round(edge * scale) for edge in reply.bbox]) if reply.bbox else None
    draw = ImageDraw.Draw(photo)
    for box, colour in ((reply.bbox, RED), (each.bbox, GREEN)):
        if box:
            draw.rectangle([edge * scale for edge in box], outline=colour, width=max(3, photo.width // 150))
    return fit(photo), fit(cut)


def product_tile(sku: str) -> Picture.Image:
    image = Image.objects.filter(product__sku=sku).exclude(file="").order_by("position").first()
    if image is None or not default_storage.exists(image.file):
        return fit(None)
    with default_storage.open(image.file) as file:
        return fit(Picture.open(file).convert("RGB"))


def fit(image: Picture.Image | None) -> Picture.Image:
    tile = Picture.new("RGB", (TILE_PX, TILE_PX), GREY)
    if image is not None:
        image.thumbnail((TILE_PX - 6, TILE_PX - 6))
        tile.paste(image, ((TILE_PX - image.width) // 2, (TILE_PX - image.height) // 2))
    return tile
