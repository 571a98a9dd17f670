"""Decode a photo once: limits first, then pixels, upright and RGB. Nothing of its metadata survives."""

import io
from contextlib import suppress

import numpy as np
import pillow_heif
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from ml.errors import ImageRejected

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 50_000_000
MIN_SIDE_PX = 16
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF")
TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
ORIENTATION_TAG = 0x0112

pillow_heif.register_heif_opener(thumbnails=False)
# A second fence behind the check of the header: frames inside a file may be larger than its header says.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def open_image(data: bytes, *, max_side_px: int | None = None) -> Image.Image:
    """The first frame of an encoded picture as upright RGB, its longer side at most `max_side_px`.

    Raises ImageRejected, and nothing else, for whatever cannot be used.
    """
    check_bytes(data)
    try:
        image = open_header(data)
        check_size(*image.size)
        return decode(image, max_side_px)
    except ImageRejected:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_many_pixels() from None
    except MemoryError:
        raise too_many_pixels() from None
    except Exception as error:  # codecs raise whatever they like on damaged data
        raise ImageRejected(
            "truncated", "The picture is damaged or was cut off while it was sent. Please choose it again."
        ) from error


def check_bytes(data: bytes) -> None:
    """Refuse what needs no decoder to refuse."""
    if not data:
        raise ImageRejected("empty", "The file is empty. Please choose a photo.")
    if len(data) > MAX_BYTES:
        limit = MAX_BYTES // 1024 // 1024
        raise ImageRejected("too_many_bytes", f"The file is larger than {limit} MB. Please send a smaller photo.")
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"<") and b"<svg" in head:
        raise ImageRejected("unsupported_format", "SVG drawings cannot be searched. Please send a JPEG or PNG photo.")


def open_header(data: bytes) -> Image.Image:
    """Read the header alone; no pixel is decoded yet."""
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise ImageRejected(
            "not_an_image", "The file is not a picture that can be read. Please send a JPEG, PNG, WebP or HEIC photo."
        ) from None


def check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise too_many_pixels()
    if min(width, height) < MIN_SIDE_PX:
        raise ImageRejected(
            "too_small", f"The picture is only {width} x {height} pixels. Please send one of at least {MIN_SIDE_PX}."
        )


def too_many_pixels() -> ImageRejected:
    limit = MAX_PIXELS // 1_000_000
    return ImageRejected(
        "too_many_pixels", f"The picture has more than {limit} megapixels. Please send a smaller version."
    )


def decode(image: Image.Image, max_side_px: int | None) -> Image.Image:
    """Pixels, upright, RGB. JPEG is decoded near the wanted size, which costs a quarter or less of the whole."""
    orientation = read_orientation(image)
    if max_side_px is not None and image.format in ("JPEG", "MPO"):
        image.draft(None, (max_side_px, max_side_px))
    image.load()
    rgb = to_rgb(image, max_side_px)
    if orientation in TRANSPOSE:
        rgb = rgb.transpose(TRANSPOSE[orientation])
    rgb.info = {}
    return rgb


def read_orientation(image: Image.Image) -> int:
    """The EXIF orientation, 1 where it is absent or the EXIF block is damaged. HEIF comes upright already."""
    if image.format in ("HEIF", "AVIF"):
        return 1
    with suppress(Exception):
        return int(image.getexif().get(ORIENTATION_TAG, 1))
    return 1


def to_rgb(image: Image.Image, max_side_px: int | None) -> Image.Image:
    """Any mode to RGB: transparency on white, 16 bits to 8. Shrinks before it converts, to hold less memory."""
    if image.mode.startswith("I") or image.mode == "F":
        image = to_eight_bits(image)
    if image.mode == "P" or "transparency" in image.info:
        image = image.convert("RGBA")
    if max_side_px is not None:
        image.thumbnail((max_side_px, max_side_px), Image.Resampling.BICUBIC, reducing_gap=2.0)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        colour = image.convert("RGBA")
        white = Image.new("RGB", image.size, (255, 255, 255))
        white.paste(colour, mask=colour.getchannel("A"))
        return white
    return image.copy() if image.mode == "RGB" else image.convert("RGB")


def to_eight_bits(image: Image.Image) -> Image.Image:
    """16-bit and float grey: values above 8 bits are scaled by 257, smaller ones are taken as they are."""
    values = np.asarray(image).astype(np.float32)
    scale = 257.0 if image.mode.startswith("I;16") or values.max() > 255 else 1.0
    return Image.fromarray(np.clip(values / scale, 0, 255).astype(np.uint8))


def to_jpeg(image: Image.Image, *, max_side_px: int, quality: int = 88) -> bytes:
    """Encode without any metadata, the longer side at most `max_side_px`."""
    small = image.copy()
    small.info = {}
    small.thumbnail((max_side_px, max_side_px), Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, small.width * small.height)
    small.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()


def phash(image: Image.Image) -> int:
    """64-bit perceptual hash: the signs of the lowest 8 x 8 cosine frequencies of the 32 x 32 grey picture."""
    grey = np.asarray(ImageOps.grayscale(image).resize((32, 32), Image.Resampling.LANCZOS), dtype=np.float32)
    angle = np.pi * (2 * np.arange(32)[None, :] + 1) * np.arange(8)[:, None] / 64
    low = (np.cos(angle) @ grey @ np.cos(angle).T).ravel()
    bits = low > np.median(low)
    return int.from_bytes(np.packbits(bits).tobytes(), "big")
