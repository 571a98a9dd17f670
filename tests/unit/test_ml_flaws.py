"""What is wrong with a picture is found, and a good picture has nothing wrong."""

import csv

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ml.images import open_image
from ml.inspect.flaws import find_flaws
from ml.inspect.text import reader
from tests.shop import DEMO


def demo_pictures(count: int) -> list[Image.Image]:
    with open(DEMO / "feed.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    paths = [DEMO / row["image_link"] for row in rows[:: len(rows) // count][:count]]
    return [open_image(path.read_bytes(), max_side_px=1024) for path in paths]


def kinds(image: Image.Image) -> list[str]:
    return [flaw.kind for flaw in find_flaws(image, reader())]


def with_words(words: str, size: int = 40, ground="#e9e9e9", ink="#8a8a8a") -> Image.Image:
    image = Image.new("RGB", (600, 600), ground)
    draw = ImageDraw.Draw(image)
    draw.multiline_text((300, 300), words, fill=ink, font=ImageFont.load_default(size), anchor="mm", align="center")
    return image


def test_good_pictures_have_nothing_wrong():
    assert [kinds(image) for image in demo_pictures(12)] == [[]] * 12


def test_blurred_pictures_are_found():
    assert [kinds(image.filter(ImageFilter.GaussianBlur(4))) for image in demo_pictures(6)] == [["blurred"]] * 6


@pytest.mark.parametrize("words", ["NO IMAGE\nAVAILABLE", "Image coming soon", "Kein Bild", "Sin imagen"])
def test_a_picture_that_says_so_is_no_picture(words):
    assert kinds(with_words(words)) == ["placeholder"]


def test_a_plain_drawing_is_told_of():
    image = Image.new("RGB", (500, 500), "white")
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((100, 170, 400, 380), 30, fill="#c8c8c8")
    draw.ellipse((190, 210, 310, 330), fill="white")
    assert kinds(image) == ["flat"]


def test_a_page_of_text_is_told_of():
    lines = "\n".join("Width 82 cm, depth 90 cm, height 75 cm, weight 31" for _ in range(17))
    assert "text" in kinds(with_words(lines, size=22, ground="white", ink="black"))


def test_small_tiny_and_blank_pictures():
    good = demo_pictures(1)[0]
    assert kinds(good.resize((150, 150))) == ["small"]
    assert kinds(good.resize((50, 50))) == ["tiny"]
    assert kinds(Image.new("RGB", (300, 300), (240, 240, 240))) == ["blank"]
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    assert kinds(Image.fromarray(noise)) == []
