"""Cartons with words on them, drawn."""

import io

from PIL import Image, ImageDraw, ImageFont


def carton(*lines: str, size: tuple[int, int] = (420, 560), turn: float = 0.0, ground: str = "#f2efe2") -> Image.Image:
    """RGB: the lines one below the other, each smaller than the one above, the whole turned by `turn` degrees."""
    image = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, size[1] * 3 // 4, *size), fill="#3a6ea5")
    top = 40
    for number, line in enumerate(lines):
        font = ImageFont.load_default(size=int(64 * 0.8**number))
        draw.text((20, top), line, font=font, fill="#222222")
        top += int(font.size * 1.5)
    return image.rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor="#cfd8dc") if turn else image


def as_jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    return file.getvalue()
