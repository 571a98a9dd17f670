"""Inspection names colours, and knows a picture by its hashes."""

import pytest
from PIL import Image, ImageDraw

from ml.inspect import dominant_colours, inspect


def studio_shot(colour: tuple[int, int, int]) -> Image.Image:
    image = Image.new("RGB", (200, 200), (250, 250, 250))
    ImageDraw.Draw(image).ellipse((40, 40, 160, 160), fill=colour)
    return image


COLOURS = [((45, 100, 60), "green"), ((30, 40, 80), "navy"), ((190, 95, 65), "terracotta")]


@pytest.mark.parametrize(("rgb", "name"), COLOURS)
def test_the_backdrop_is_no_colour_of_the_product(rgb, name):
    assert dominant_colours(studio_shot(rgb))[0].name == name


def test_a_white_product_is_white():
    assert dominant_colours(Image.new("RGB", (80, 80), (255, 255, 255)))[0].name == "white"


def test_what_is_known_of_a_picture():
    found = inspect(studio_shot((200, 30, 30)), b"data")
    assert (found.width, found.height, len(found.sha256), len(found.thumbnail)) == (200, 200, 64, 432)
    assert found.colours[0].name == "red"
