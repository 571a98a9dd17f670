"""Seeded bad requests: pictures bent in every way, fields that lie, addresses that point inwards."""

import io
import random
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
NUMBERS = ("nan", "inf", "-inf", "1e309", "-1", "0", "99999999999999999999", "", "x", "\0", "0x10", "1e5")
WORDS = (
    "\0",
    "x" * 100_000,
    "' OR 1=1 --",
    "%s%s%n",
    "\u202e\ufeff",
    "\ud83d\ude00" * 300,
    "<script>",
    "a & | ! :* ( b",
    "{}",
    "\\",
)
ADDRESSES = (
    "http://127.0.0.1:8000/", "http://169.254.169.254/latest", "http://10.0.0.1/", "http://[::1]/", "http://0x7f.1/",
    "http://[::ffff:127.0.0.1]/", "http://2130706433/", "http://localhost/", "file:///etc/passwd", "http://", "ftp://x/",
    "http://[", "http://a\nb/", "http://\0/", "http://0.0.0.0:22/", "data:image/png;base64,AAAA", "//x",
    "http://1/" + "a" * 3000,
)  # fmt: skip
FIELDS = (
    "photo",
    "product_id",
    "text",
    "bbox",
    "mode",
    "weights",
    "filters",
    "limit",
    "cursor",
    "image_url",
    "q",
    "__proto__",
)

Request = tuple[str, str, dict]  # method, path, arguments of httpx


def bad_requests(seed: int, count: int) -> Iterator[Request]:
    """The same `count` requests for the same seed."""
    dice = random.Random(seed)
    for _ in range(count):
        yield dice.choice(
            (bent_upload, bent_upload, bent_upload, bent_json, bent_json, bent_link, bent_form, bent_body)
        )(dice)


def bent_upload(dice: random.Random) -> Request:
    name = dice.choice(("photo.jpg", "photo.svg", "../../x.png", "", "x" * 300 + ".jpg", "a\x01b.gif", "photo.heic"))
    kind = dice.choice(("image/jpeg", "text/html", "image/svg+xml", "application/octet-stream", "x"))
    path = dice.choice(("/api/v1/detections", "/api/v1/detections", "/api/v1/searches", "/photo/"))
    field = dice.choice(("image", "image", "image", "file", "photo"))
    return "POST", path, {"files": {field: (name, bent_picture(dice), kind)}}


def bent_picture(dice: random.Random) -> bytes:
    data = picture(dice)
    way = dice.randrange(9)
    if way == 0:
        return data[: dice.randrange(len(data))]
    if way == 1:
        return flipped(dice, data, dice.randint(1, 40))
    if way == 2:
        return data[:40] + flipped(dice, data[40:200], 20) + data[200:]
    if way == 3:
        return dice.randbytes(dice.choice((0, 1, 10, 1000, 100_000)))
    if way == 4:
        return claiming(dice.choice((1, 100, 7000, 60_000, 2**31 - 1)), dice.choice((1, 100, 7000, 60_000)))
    if way == 5:
        return (
            b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>'
        )
    if way == 6:
        return data + dice.randbytes(5000)
    if way == 7:
        return data[: len(data) // 2] + picture(dice)
    return data[:2] + b"\xff\xe1\xff\xff" + dice.randbytes(65_533) + data[2:]


def picture(dice: random.Random) -> bytes:
    mode = dice.choice(("RGB", "L", "P", "RGBA", "CMYK", "1", "I;16"))
    image = Image.new(mode, (dice.randint(1, 900), dice.randint(1, 700)))
    file = io.BytesIO()
    try:
        image.save(file, dice.choice(FORMATS))
    except (OSError, ValueError):  # a mode that this format cannot hold
        image.convert("RGB").save(file, "PNG")
    return file.getvalue()


def flipped(dice: random.Random, data: bytes, times: int) -> bytes:
    changed = bytearray(data)
    for _ in range(times if changed else 0):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def claiming(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    return b"\x89PNG\r\n\x1a\n" + chunk + chunk


def value(dice: random.Random):
    box = ",".join(dice.choice(NUMBERS) for _ in range(dice.randint(0, 6)))
    nested: object = dice.choice(NUMBERS)
    for _ in range(dice.choice((1, 3, 200))):
        nested = {dice.choice(("price_min", "attributes", "image", "a\0")): nested}
    plain = (None, True, -1, 0, 2**70, 1.5, [], {}, [[]] * 50, box, [1, 2, 3], [1e308] * 4, nested)
    return dice.choice((*plain, dice.choice(WORDS), dice.choice(NUMBERS), dice.choice(ADDRESSES)))


def bent_json(dice: random.Random) -> Request:
    fields = {dice.choice(FIELDS): value(dice) for _ in range(dice.randint(0, 5))}
    if dice.random() < 0.3:
        fields = {"image_url": dice.choice(ADDRESSES)}
    path = dice.choice(("/api/v1/searches",) * 4 + ("/api/v1/searches/00000000-0000-0000-0000-000000000000/click",))
    return "POST", path, {"json": fields}


def bent_link(dice: random.Random) -> Request:
    path = dice.choice(
        ("/api/v1/searches", "/search/", "/", "/photo/xyz/", "/products/99999999999999999999/", "/media/../manage.py")
    )
    names = ("q", "category", "price_min", "price_max", "in_stock", "limit", "cursor", "box", "bbox", "page")
    return "GET", path, {"params": {dice.choice(names): str(value(dice))[:4000] for _ in range(dice.randint(0, 5))}}


def bent_form(dice: random.Random) -> Request:
    fields = {dice.choice(FIELDS): str(value(dice)) for _ in range(dice.randint(0, 5))}
    return "POST", "/api/v1/searches", {"data": fields}


def bent_body(dice: random.Random) -> Request:
    kinds = ("application/json", "multipart/form-data", "multipart/form-data; boundary=x", "image/jpeg", "x", "")
    body = dice.choice((b"", b"{", b"[" * 5000, b"\xff\xfe", b"--x\r\n\r\n", dice.randbytes(2000), b'{"text": NaN}'))
    path = dice.choice(("/api/v1/detections", "/api/v1/searches", "/api/v1/images", "/api/v1/products"))
    return (
        dice.choice(("POST", "PUT", "PATCH")),
        path,
        {"content": body, "headers": {"Content-Type": dice.choice(kinds)}},
    )
