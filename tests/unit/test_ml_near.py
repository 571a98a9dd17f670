"""The same picture, shrunken or encoded again, is near; another colour of the same thing is not."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ml.images import open_image, phash
from ml.inspect.near import bands, differing_bits, probes, thumbnail, thumbnail_distance


def chair(colour: str = "#2d643c", legs: str = "#5a3a22") -> Image.Image:
    image = Image.new("RGB", (400, 400), (250, 250, 250))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((90, 60, 310, 190), 40, fill=colour)
    draw.rounded_rectangle((70, 180, 330, 260), 30, fill=colour)
    for x in (95, 290):
        draw.rectangle((x, 260, x + 16, 360), fill=legs)
    return image


def encoded_again(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return open_image(file.getvalue())


@pytest.mark.parametrize("again", [chair().resize((200, 200)), encoded_again(chair(), 50), chair().resize((250, 250))])
def test_the_same_picture_is_near(again):
    assert differing_bits(phash(chair()), phash(again)) <= 4
    assert thumbnail_distance(thumbnail(chair()), thumbnail(again)) < 4


@pytest.mark.parametrize("sibling", [chair("#1e2d55"), chair(legs="#d8b98a")])
def test_a_sibling_shares_the_hash_but_not_the_colours(sibling):
    assert differing_bits(phash(chair()), phash(sibling)) <= 12
    assert thumbnail_distance(thumbnail(chair()), thumbnail(sibling)) > 8


def test_what_is_no_thumbnail_is_far_from_everything():
    assert thumbnail_distance(b"", thumbnail(chair())) == float("inf")


def test_every_hash_within_seven_bits_is_probed():
    random = np.random.default_rng(0)
    for _ in range(300):
        one = int(random.integers(0, 2**63))
        other = one
        for bit in random.choice(64, size=int(random.integers(0, 8)), replace=False):
            other ^= 1 << int(bit)
        assert set(bands(other)) & set(probes(one))
    assert len(set(probes(5))) == 68
    assert bands(-1) == [0xFFFF, 0x1FFFF, 0x2FFFF, 0x3FFFF]  # signed, as the database holds it
