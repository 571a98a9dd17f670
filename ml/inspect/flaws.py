"""What may be wrong with a catalog picture: too small, blank, blurred, mostly text, or no picture at all.

A flaw is measured here; whether it rejects a picture or is only said is decided by whoever asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from ml.inspect.lines import TextBox
from ml.inspect.local import shrink
from ml.inspect.text import Reader
from ml.inspect.words import plain

TINY_PX, SMALL_PX = 64, 160  # of the shorter side
MIN_DEVIATION = 2.0
BLUR_SIDE_PX, BLUR_REACH_PX, BLUR_STEP = 512, 13, 40.0
SHARP = 0.3
TEXT_SHARE = 0.4
FLAT_SIDE_PX, FLAT_BIN, FLAT_REACH, FLAT_TONES, FLAT_SHARE = 192, 8, 4, 3, 0.98
GLANCE_PX, FEW_LINES, READ_PX = 320, 6, 1200
PLACEHOLDER_WORDS = (  # as ml.inspect.words spells them, each phrase whole
    "no image", "no picture", "no photo", "image not available", "image unavailable", "picture not available",
    "photo not available", "image coming soon", "photo coming soon", "picture coming soon", "image missing",
    "image not found", "awaiting image", "placeholder", "kein bild", "bild nicht", "bild folgt", "kein foto",
    "pas image", "image non disponible", "photo non disponible", "sin imagen", "imagen no disponible",
    "immagine non disponibile", "nessuna immagine", "geen afbeelding", "brak zdjecia", "sem imagem",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flaw:
    """kind: tiny, small, blank, blurred, text, placeholder or flat. says: a sentence for the catalog's admin."""

    kind: str
    says: str


KINDS = ("tiny", "blank", "placeholder", "small", "blurred", "text", "flat")


def find_flaws(image: Image.Image, reader: Reader | None = None) -> tuple[Flaw, ...]:
    """Of an upright RGB picture, the worst first. Without a reader nothing that is written is looked for."""
    if min(image.size) < TINY_PX:
        return (Flaw("tiny", f"{size_of(image)}; at least {TINY_PX} a side are needed."),)
    if deviation(image) < MIN_DEVIATION:
        return (Flaw("blank", "The picture is blank: it has one colour only. Send a photo of the product."),)
    flaws = []
    if min(image.size) < SMALL_PX:
        flaws.append(Flaw("small", f"{size_of(image)}; shoppers see little below {SMALL_PX} a side."))
    if (sharp := sharpness(image)) is not None and sharp < SHARP:
        flaws.append(Flaw("blurred", "The picture is blurred: not one edge in it is sharp."))
    flaws += written_flaws(image, reader) if reader is not None else []
    if flat_share(image) >= FLAT_SHARE and not any(flaw.kind in ("placeholder", "blurred") for flaw in flaws):
        flaws.append(Flaw("flat", "The picture is a drawing of a few flat colours: a logo, or a stand-in for a photo?"))
    return tuple(sorted(flaws, key=lambda flaw: KINDS.index(flaw.kind)))


def size_of(image: Image.Image) -> str:
    return f"The picture is {image.width} x {image.height} pixels"


def deviation(image: Image.Image) -> float:
    """Largest standard deviation of a channel, 0..128; near 0 for a blank picture."""
    pixels = np.asarray(image.resize((64, 64), Image.Resampling.BOX), dtype=np.float32)
    return float(pixels.std(axis=(0, 1)).max())


def sharpness(image: Image.Image) -> float | None:
    """How much of a local step lies between two neighbouring pixels, 0.08 to 1, at the sharpest tenth of all steps.

    It does not depend on what the picture shows. None where no step is high enough to be judged.
    """
    grey = np.asarray(shrink(image, BLUR_SIDE_PX).convert("L"), dtype=np.float32)
    shares = np.concatenate([step_shares(grey), step_shares(np.ascontiguousarray(grey.T))])
    return float(np.percentile(shares, 90)) if len(shares) >= BLUR_REACH_PX * 4 else None


def step_shares(grey: np.ndarray) -> np.ndarray:
    """float32 (n,): along rows, wherever the grey changes by BLUR_STEP or more within BLUR_REACH_PX."""
    reach = np.ones((1, BLUR_REACH_PX), np.uint8)
    height = cv2.dilate(grey, reach) - cv2.erode(grey, reach)
    between = np.zeros_like(grey)
    between[:, 1:] = np.abs(np.diff(grey, axis=1))
    steepest = cv2.dilate(between, reach)
    return (steepest / np.maximum(height, 1e-3))[height >= BLUR_STEP].clip(0, 1)


def flat_share(image: Image.Image) -> float:
    """Share of the pixels that have one of FLAT_TONES tones exactly; near 1 for a plain drawing, never for a photo."""
    side = FLAT_SIDE_PX
    left = np.asarray(image.resize((side, side), Image.Resampling.NEAREST), dtype=np.int16).reshape(-1, 3)
    flat = 0
    for _ in range(FLAT_TONES):
        bins = (left // FLAT_BIN) @ np.array([1, 32, 32 * 32])
        tone = np.median(left[bins == np.bincount(bins).argmax()], axis=0)
        close = np.abs(left - tone).max(axis=1) <= FLAT_REACH
        flat += int(close.sum())
        left = left[~close]
        if not len(left):
            break
    return flat / side**2


def written_flaws(image: Image.Image, reader: Reader) -> list[Flaw]:
    """A page of text, or a few words that say that there is no picture."""
    boxes = reader.look(image, GLANCE_PX)
    flaws = []
    if (share := share_of(boxes, image)) >= TEXT_SHARE:
        flaws.append(Flaw("text", f"{share:.0%} of the picture is text: is it a table or a leaflet?"))
    if 0 < len(boxes) <= FEW_LINES:
        said = " ".join(plain(" ".join(line.text for line in reader.read_boxes(image, boxes, READ_PX))))
        if phrase := next((phrase for phrase in PLACEHOLDER_WORDS if phrase in said), None):
            flaws.append(Flaw("placeholder", f"The picture is a stand-in: it says “{phrase}”. Send a photo."))
    return flaws


def share_of(boxes: Sequence[TextBox], image: Image.Image) -> float:
    """Share of the picture that lines of text lie on, 0..1."""
    return min(1.0, sum(box.width * box.height for box in boxes) / (image.width * image.height))
