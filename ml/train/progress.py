"""How well unseen products are told apart while training: crops against studio shots, one number a source."""

import numpy as np
import torch
from PIL import Image

from ml.crop import crop
from ml.encode.images import ImageSpec, to_square
from ml.evaluate import precision_at_1, recall_at_k
from ml.images import open_image
from ml.train.image_model import ImageTower
from ml.train.items import Crop, Item

MAX_QUERIES = 400


def rank_items(tower: ImageTower, items: list[Item], spec: ImageSpec, *, margin: float = 0.05) -> dict[str, float]:
    """precision@1 and recall@10 of the items' crops against the items' studio shots."""
    shots = [(item.key, open_image(path.read_bytes())) for item in items for path in item.studio]
    queries = [(item.key, each) for item in items if item.studio for each in item.crops]
    queries = queries[:: max(1, len(queries) // MAX_QUERIES)]
    if not queries:
        return {"queries": 0}
    gallery = encode(tower, [image for _, image in shots], spec)
    vectors = encode(tower, [cut(each, margin) for _, each in queries], spec)
    run = {}
    for number, order in enumerate(np.argsort(-(vectors @ gallery.T), axis=1)):
        run[str(number)] = list(dict.fromkeys(shots[row][0] for row in order))
    qrels = {str(number): {key: 1} for number, (key, _) in enumerate(queries)}
    return {
        "queries": len(queries),
        "gallery": len(items),
        "precision_at_1": precision_at_1(qrels, run),
        "recall_at_10": recall_at_k(qrels, run, 10),
    }


def cut(each: Crop, margin: float) -> Image.Image:
    photo = open_image(each.path.read_bytes())
    return photo if each.box is None else crop(photo, each.box, margin)


@torch.no_grad()
def encode(tower: ImageTower, images: list[Image.Image], spec: ImageSpec) -> np.ndarray:
    """float32 (n, dim)."""
    tower.eval()
    pixels = [torch.from_numpy(to_square(image, spec)) for image in images]
    rows = [tower(torch.stack(pixels[start : start + 16])) for start in range(0, len(pixels), 16)]
    tower.train()
    return torch.cat(rows).numpy()
