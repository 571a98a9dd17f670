"""Photos for the browser tests: files to send, and photos that are kept already, with boxes that are known."""

import io
import json
import secrets
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from tests.shop import Shop

Box = tuple[int, int, int, int]
FILM_FRAMES = 30


def room(width: int = 1200, height: int = 900) -> Image.Image:
    """Something like a room: a floor, a wall, a sofa, a lamp."""
    image = Image.new("RGB", (width, height), "#d9d4c8")
    draw = ImageDraw.Draw(image)
    at = lambda x, y: (x * width, y * height)  # noqa: E731
    draw.rectangle([at(0, 0.7), at(1, 1)], fill="#8b6b4a")
    draw.rounded_rectangle([at(0.1, 0.45), at(0.6, 0.85)], 30, fill="#2f6b4f")
    draw.rounded_rectangle([at(0.14, 0.35), at(0.56, 0.65)], 30, fill="#3b8261")
    draw.line([at(0.8, 0.3), at(0.8, 0.85)], fill="#222222", width=12)
    draw.polygon([at(0.72, 0.34), at(0.88, 0.34), at(0.84, 0.15), at(0.76, 0.15)], fill="#f1d27a")
    return image


def jpeg(image: Image.Image, **save) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", **save)
    return out.getvalue()


def noise(width: int, height: int) -> bytes:
    """A JPEG of several megabytes, as phones make them."""
    pixels = np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8)
    return jpeg(Image.fromarray(pixels), quality=90)


def lying_on_its_side() -> bytes:
    """A portrait photo stored as landscape, with the EXIF tag that says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return jpeg(room(900, 1200).rotate(90, expand=True), exif=exif)


def upload_file(data: bytes, name: str = "room.jpg", kind: str = "image/jpeg") -> dict:
    return {"name": name, "mimeType": kind, "buffer": data}


def fake_camera_film(path: Path) -> Path:
    """What Chromium's fake camera plays: JPEGs one after another."""
    path.write_bytes(jpeg(room(640, 480)) * FILM_FRAMES)
    return path


class Keeper:
    """Puts photos into the shop as if they had been uploaded, with boxes that the test chooses."""

    def __init__(self, shop: Shop):
        self.shop = shop

    def __call__(
        self, boxes: list[Box], size: tuple[int, int] = (1200, 900), fallback: bool = False, hours: int = 1
    ) -> str:
        """The path of the photo's page."""
        token = secrets.token_urlsafe(32)
        name = f"photos/test/{secrets.token_hex(8)}.jpg"
        file = self.shop.folder / "private" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg(room(*size)))
        objects = json.dumps([{"bbox": box, "score": 0.9, "label": ""} for box in boxes])
        self.shop.sql(
            "INSERT INTO search_queryphoto"
            " (token, file, width, height, objects_found, fallback, created_at, expires_at)"
            f" VALUES ('{token}', '{name}', {size[0]}, {size[1]}, '{objects}', {fallback}, now(), "
            f"now() + interval '{hours} hours') RETURNING 1"
        )
        return f"/photo/{token}/"
