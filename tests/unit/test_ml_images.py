"""Decoding: every odd file is either turned into upright RGB or refused with a code."""

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from ml.errors import ImageRejected
from ml.images import MAX_BYTES, open_image, phash, to_jpeg


def encode(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def photo(width: int = 120, height: int = 80) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    return Image.fromarray(np.stack([x * 255 // width, y * 255 // height, 0 * x + 90], axis=2).astype(np.uint8))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    data = b"IDAT" + zlib.compress(b"")
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"hello, this is no picture" * 10, "not_an_image"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_format"),
        (b"\xff" * (MAX_BYTES + 1), "too_many_bytes"),
        (png_header(10_000, 10_000), "too_many_pixels"),
        (png_header(7_500, 7_500), "too_many_pixels"),
        (encode(photo(10, 200), "PNG"), "too_small"),
        (encode(photo(400, 400), "JPEG")[:900], "truncated"),
        (encode(photo(400, 400), "PNG")[:500], "truncated"),
    ],
)
def test_refused_with_a_code(data, code):
    with pytest.raises(ImageRejected) as error:
        open_image(data)
    assert error.value.code == code
    assert error.value.detail.endswith(".")


@pytest.mark.parametrize(
    "data",
    [
        encode(photo(), "JPEG"),
        encode(photo().convert("CMYK"), "JPEG"),
        encode(photo().convert("P"), "GIF"),
        encode(photo().convert("L"), "PNG"),
        encode(photo().convert("RGBA"), "WEBP"),
        encode(photo(), "TIFF"),
        encode(photo().convert("1"), "BMP"),
        encode(Image.fromarray((np.arange(9600).reshape(80, 120) * 6).astype(np.uint16)), "PNG"),
        encode(Image.fromarray(np.linspace(0, 1, 9600, dtype=np.float32).reshape(80, 120)), "TIFF"),
        encode(photo(), "GIF", save_all=True, append_images=[photo().rotate(180)]),
    ],
)
def test_every_mode_becomes_rgb(data):
    image = open_image(data)
    assert (image.mode, image.size, image.info) == ("RGB", (120, 80), {})


def test_heic():
    out = io.BytesIO()
    pillow_heif.from_pillow(photo()).save(out)
    assert open_image(out.getvalue()).size == (120, 80)


def test_transparency_is_white():
    clear = Image.new("RGBA", (32, 32), (255, 0, 0, 0))
    palette = clear.convert("P")
    assert open_image(encode(clear, "PNG")).getpixel((5, 5)) == (255, 255, 255)
    assert open_image(encode(palette, "PNG", transparency=palette.getpixel((0, 0)))).getpixel((5, 5)) == (255, 255, 255)


def test_orientation_is_applied_and_metadata_dropped():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    image = open_image(encode(photo(), "JPEG", exif=exif))
    assert image.size == (80, 120)
    again = Image.open(io.BytesIO(to_jpeg(image, max_side_px=64)))
    assert again.size == (43, 64)
    assert not again.getexif()


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_is_no_reason_to_refuse():
    data = encode(photo(), "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff" + b"\x7f" * 500)
    assert open_image(data).size == (120, 80)


def test_a_photo_may_say_svg_in_its_metadata():
    assert open_image(encode(photo(), "JPEG", comment=b"<svg>")).size == (120, 80)


def test_large_jpeg_is_decoded_small():
    data = encode(photo(3000, 2000), "JPEG")
    assert open_image(data, max_side_px=600).size == (600, 400)


def test_phash_survives_encoding_and_tells_apart():
    blocks = np.random.default_rng(3).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    image = Image.fromarray(blocks).resize((200, 200), Image.Resampling.BICUBIC)
    same = open_image(to_jpeg(image, max_side_px=90, quality=60))
    other = image.rotate(90)
    assert (phash(image) ^ phash(same)).bit_count() <= 6
    assert (phash(image) ^ phash(other)).bit_count() >= 16
