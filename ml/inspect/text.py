"""Text in a picture: lines are found, and the largest are read. ml/train/reader.py says where the models come from.

Only what is worth reading is paid for: a glance says whether there are lines at all, so that a photo of a couch costs
one run of the finder on a small picture, and of a leaflet the largest lines alone are read.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from ml.inspect.lines import TextBox, find_boxes

VERSION = 1  # of what is read; pictures that another version has read are read anew
READER = Path(__file__).parent / "reader"
MAX_ENLARGED = 3.0  # a small picture is not blown up further than this
STRIDE_PX = 32
LINE_PX = 48  # height of a line as it is read
MAX_LINE_PX = 640  # and its width
STANDING = 1.5  # times as high as wide: written from top to bottom or the other way
MAX_HEIGHT = 0.3  # of the longer side: a lone couch on white looks like a huge letter
MIN_SCORE = 0.5  # mean probability of a line's letters


@dataclass(frozen=True, slots=True)
class Effort:
    """What reading may cost, in pixels: longer side of the picture at a glance and when lines are looked for closely,
    and the width of all lines together that are read, largest first."""

    glance_px: int
    look_px: int
    read_px: int


QUICK = Effort(320, 512, 900)  # a shopper waits
THOROUGH = Effort(448, 768, 3000)  # once for each catalog picture


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. `score`: mean probability of its letters. `height`: as a share of the picture's longer side."""

    text: str
    score: float
    height: float
    box: tuple[float, float, float, float]  # x1, y1, x2, y2 around it, in pixels of the picture


class Reader:
    """Holds the two ONNX sessions, and the threads that read lines side by side; safe to call from several threads."""

    def __init__(
        self, finder: onnxruntime.InferenceSession, recogniser: onnxruntime.InferenceSession, threads: int
    ) -> None:
        self.finder, self.recogniser = finder, recogniser
        self.readers = ThreadPoolExecutor(threads, thread_name_prefix="lines")
        alphabet = recogniser.get_modelmeta().custom_metadata_map["character"]
        self.alphabet = np.array(["", *alphabet, " "])

    def read(self, image: Image.Image, effort: Effort = QUICK) -> list[Line]:
        """Lines of an upright RGB picture, largest first; none where no text is seen at a glance."""
        if not self.look(image, effort.glance_px):
            return []
        return self.read_boxes(image, self.look(image, effort.look_px), effort.read_px)

    def look(self, image: Image.Image, side_px: int) -> list[TextBox]:
        """Boxes in pixels of the picture, highest first, looked for with its longer side at `side_px`."""
        scale = min(side_px / max(image.size), MAX_ENLARGED)
        width, height = (max(STRIDE_PX, round(side * scale / STRIDE_PX) * STRIDE_PX) for side in image.size)
        small = image.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)
        (likely,) = self.finder.run(None, {"x": as_input(np.asarray(small))[None]})
        fx, fy = image.width / width, image.height / height
        boxes = [scaled(box, fx, fy) for box in find_boxes(likely[0, 0])]
        return [box for box in boxes if min(box.width, box.height) <= MAX_HEIGHT * max(image.size)]

    def read_boxes(self, image: Image.Image, boxes: Iterable[TextBox], read_px: int) -> list[Line]:
        cuts: list[tuple[TextBox, Image.Image]] = []
        for box in boxes:
            if read_px <= 0:
                break
            for cut in upright(image, box):
                cuts.append((box, cut))
                read_px -= cut.width
        found = self.readers.map(self.recognise, [cut for _, cut in cuts])
        lines: dict[TextBox, Line] = {}
        for (box, _), (text, score) in zip(cuts, found, strict=True):
            if text and score >= MIN_SCORE and (box not in lines or score > lines[box].score):
                height = min(box.width, box.height) / max(image.size)
                lines[box] = Line(text, round(score, 3), round(float(height), 4), around(box))
        return sorted(lines.values(), key=lambda line: -line.height)

    def recognise(self, cut: Image.Image) -> tuple[str, float]:
        """The text of one line, LINE_PX high, and the mean probability of its letters; "" and 0.0 for none.

        One by one: in a batch, lines would be padded to the longest, and wait for it.
        """
        (likely,) = self.recogniser.run(None, {"x": as_input(np.asarray(cut))[None]})
        return self.spell(likely[0])

    def spell(self, likely: np.ndarray) -> tuple[str, float]:
        """Greedy CTC: the best letter of each step, repeats and blanks dropped. likely: float32 (steps, letters)."""
        best = likely.argmax(axis=1)
        kept = (best != 0) & np.append(True, best[1:] != best[:-1])
        if not kept.any():
            return "", 0.0
        return "".join(self.alphabet[best[kept]]).strip(), float(likely.max(axis=1)[kept].mean())


def as_input(pixels: np.ndarray) -> np.ndarray:
    """uint8 RGB (h, w, 3) to float32 BGR (3, h, w), -1 to 1, as both models were trained."""
    return np.ascontiguousarray(pixels[:, :, ::-1].transpose(2, 0, 1), np.float32) / 127.5 - 1


def scaled(box: TextBox, fx: float, fy: float) -> TextBox:
    """In pixels of the picture. The two scales differ by rounding to the stride alone, so the angle stays."""
    upright_share = np.cos(box.angle) ** 2
    along, across = fx * upright_share + fy * (1 - upright_share), fy * upright_share + fx * (1 - upright_share)
    return TextBox(box.x * fx, box.y * fy, box.width * along, box.height * across, box.angle, box.score)


def upright(image: Image.Image, box: TextBox) -> list[Image.Image]:
    """The line cut out and laid flat, LINE_PX high; a standing one both ways."""
    if box.height < STANDING * box.width:
        return [flat(image, box, box.angle, box.width, box.height)]
    return [flat(image, box, box.angle + turn, box.height, box.width) for turn in (np.pi / 2, -np.pi / 2)]


def flat(image: Image.Image, box: TextBox, angle: float, width: float, height: float) -> Image.Image:
    scale = height / LINE_PX
    out_width = int(np.clip(round(width / scale), LINE_PX // 2, MAX_LINE_PX))
    shrink = max(1, int(scale))  # a bilinear look at every third pixel would miss the strokes
    source = image if shrink == 1 else image.crop(cropped := bounds(image, box)).reduce(shrink)
    left, top = (0, 0) if shrink == 1 else cropped[:2]
    along, down = width / out_width, scale
    ux, uy = np.cos(angle), np.sin(angle)
    x0 = box.x - left - ux * width / 2 + uy * height / 2
    y0 = box.y - top - uy * width / 2 - ux * height / 2
    matrix = np.array([ux * along, -uy * down, x0, uy * along, ux * down, y0]) / shrink
    return source.transform((out_width, LINE_PX), Image.Transform.AFFINE, tuple(matrix), Image.Resampling.BILINEAR)


def bounds(image: Image.Image, box: TextBox) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = around(box)
    return max(0, int(x1)), max(0, int(y1)), min(image.width, int(x2) + 1), min(image.height, int(y2) + 1)


def around(box: TextBox) -> tuple[float, float, float, float]:
    dx = (abs(np.cos(box.angle)) * box.width + abs(np.sin(box.angle)) * box.height) / 2
    dy = (abs(np.sin(box.angle)) * box.width + abs(np.cos(box.angle)) * box.height) / 2
    return tuple(round(float(edge), 1) for edge in (box.x - dx, box.y - dy, box.x + dx, box.y + dy))


@cache
def reader(threads: int = 1) -> Reader:
    """The reader of this process, loaded at first use: so many threads find lines, and as many read one each."""
    return Reader(open_session(READER / "finder.onnx", threads), open_session(READER / "recogniser.onnx", 1), threads)


def open_session(path: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # as in ml.bundle
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
