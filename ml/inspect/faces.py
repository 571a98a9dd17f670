"""Faces made unrecognisable: before a stranger's photo is shown to anybody."""

from PIL import Image, ImageFilter

from ml.inspect.safety import faces

MARGIN = 0.35  # of a face's sides, around it: hair and chin
CELLS = 4  # of what was there, so many colours across are left
MIN_SCORE = 0.25  # rather a cushion too many than a face too few


def blur_faces(image: Image.Image) -> tuple[Image.Image, int]:
    """A copy of an upright RGB picture without faces, and how many there were. What lay there cannot be had back."""
    found = faces(image, MIN_SCORE)
    clean = image.copy()
    for part in found:
        x1, y1, x2, y2 = part.box
        dx, dy = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
        box = (
            *(max(0, round(x1 - dx)), max(0, round(y1 - dy))),
            *(min(image.width, round(x2 + dx)), min(image.height, round(y2 + dy))),
        )
        if box[2] > box[0] and box[3] > box[1]:
            clean.paste(coarse(image.crop(box)), box)
    return clean, len(found)


def coarse(face: Image.Image) -> Image.Image:
    """CELLS x CELLS means of it, smoothed."""
    small = face.resize((CELLS, CELLS), Image.Resampling.BOX)
    return small.resize(face.size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(max(face.size) / 12))
