"""What a phone does to a picture: light, white balance, blur, noise, JPEG and the orientation tag."""

import io
import os

import numpy as np
from PIL import Image, ImageFilter

# EXIF orientation -> how the stored pixels are turned so that a viewer that obeys the tag shows them upright.
STORED = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
ORIENTATION_TAG, MAKE_TAG, MODEL_TAG = 0x0112, 0x010F, 0x0110


def develop(picture, seed, mood="day"):
    """A clean render (h, w, 3) float 0..1 as a hurried phone would have taken it; same size, geometry untouched."""
    rng = np.random.default_rng(seed)
    h, w, _ = picture.shape
    mean = float(picture.mean())
    goal = rng.uniform(0.44, 0.58) if mood in ("day", "overcast") else rng.uniform(0.3, 0.45)
    picture = picture * np.clip(goal / max(mean, 0.02), 0.6, 2.2)
    picture = picture / (1 + (picture - 0.8).clip(0) * 0.8)
    warm = rng.normal(0, 0.05)
    picture = picture * np.array([1 + warm, 1 + rng.normal(0, 0.012), 1 - warm])
    picture = blur(picture.clip(0, 1), rng)
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    picture = picture * (1 - rng.uniform(0.0, 0.22) * (x * x + y * y)[..., None] / 2)
    gain = rng.uniform(0.004, 0.014) if mood in ("day", "overcast") else rng.uniform(0.01, 0.03)
    grain = rng.standard_normal((h, w, 3)) * np.sqrt(picture.clip(0.02)) * gain
    return (picture + grain + rng.standard_normal((h, w, 1)) * gain * 0.5).clip(0, 1)


def blur(picture, rng):
    """Slight defocus, or the smear of a moving hand; a third of photos are sharp."""
    kind = rng.random()
    if kind < 0.35:
        return picture
    image = Image.fromarray((picture * 255).astype(np.uint8))
    if kind < 0.75:
        return np.asarray(image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.9)))) / 255.0
    length, angle = int(rng.integers(3, 7)), rng.uniform(0, np.pi)
    pixels, total = picture, np.zeros_like(picture)
    for k in range(length):
        t = k - length // 2
        total += np.roll(pixels, (round(t * np.sin(angle)), round(t * np.cos(angle))), axis=(0, 1))
    return total / length


def save(picture, path, seed):
    """Write an upright picture (h, w, 3) as a phone stores it: perhaps turned, with the tag that says so."""
    rng = np.random.default_rng([seed, 1])
    orientation = int(rng.choice([6, 8, 3])) if rng.random() < 0.25 else 1
    image = Image.fromarray((picture * 255 + 0.5).astype(np.uint8))
    if STORED[orientation] is not None:
        image = image.transpose(STORED[orientation])
    exif = Image.Exif()
    exif[ORIENTATION_TAG], exif[MAKE_TAG], exif[MODEL_TAG] = orientation, "Sightline", "Demo phone"
    stored = io.BytesIO()
    image.save(stored, "JPEG", quality=int(rng.integers(64, 90)), exif=exif)
    partial = f"{path}.part"
    with open(partial, "wb") as file:
        file.write(stored.getvalue())
    os.replace(partial, path)
