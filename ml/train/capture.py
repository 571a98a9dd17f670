"""What a hand and a phone do to a picture besides light and noise: tilt it, bend it, show a part of it."""

import math
from random import Random

from PIL import Image

STRIPS = 8


def tilt(view: Image.Image, random: Random, *, strength: float = 0.12) -> Image.Image:
    """Seen from a side and turned a little: four corners move inwards by up to `strength` of the sides."""
    width, height = view.size
    angle = random.gauss(0, 30 * strength)
    if abs(angle) > 1:
        view = view.rotate(angle, resample=Image.Resampling.BILINEAR, fillcolor=view.getpixel((0, 0)))
    corners = [(0, 0, 1, 1), (0, height, 1, -1), (width, height, -1, -1), (width, 0, -1, 1)]
    quad = [
        value
        for x, y, right, down in corners
        for value in (
            x + right * width * random.uniform(0, strength),
            y + down * height * random.uniform(0, strength),
        )
    ]
    return view.transform(view.size, Image.Transform.QUAD, quad, Image.Resampling.BILINEAR)


def bend(view: Image.Image, random: Random) -> Image.Image:
    """As on a bottle or a can: columns near the edges narrow, a cylinder of which 90 to 150 degrees show."""
    width, height = view.size
    if width < 4 * STRIPS:
        return view
    half = math.radians(random.uniform(45, 75))
    turn = random.uniform(-0.15, 0.15) * half

    def source(x: float) -> float:
        """The column of the flat picture that column `x` of the bent one shows."""
        angle = math.asin(max(-1.0, min(1.0, (2 * x / width - 1) * math.sin(half)))) + turn
        return min(width, max(0.0, (angle / half + 1) / 2 * width))

    edges = [round(width * number / STRIPS) for number in range(STRIPS + 1)]
    mesh = []
    for left, right in zip(edges[:-1], edges[1:], strict=True):
        a, b = source(left), source(right)
        mesh.append(((left, 0, right, height), (a, 0, a, height, b, height, b, 0)))
    return view.transform(view.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)


def part_of(view: Image.Image, random: Random, *, smallest: float = 0.3) -> Image.Image:
    """A piece of at least the share `smallest` of the area: what is seen from another side, or too near."""
    area = random.uniform(smallest, 1.0)
    ratio = math.exp(random.uniform(-0.3, 0.3))
    width = min(view.width, max(8, round(view.width * math.sqrt(area * ratio))))
    height = min(view.height, max(8, round(view.height * math.sqrt(area / ratio))))
    x, y = random.randint(0, view.width - width), random.randint(0, view.height - height)
    return view.crop((x, y, x + width, y + height))


def taken_by_hand(view: Image.Image, random: Random) -> Image.Image:
    """Any of these, each now and then."""
    if random.random() < 0.35:
        view = part_of(view, random)
    if random.random() < 0.12:
        view = bend(view, random)
    if random.random() < 0.5:
        view = tilt(view, random)
    return view
