"""A training round in minutes: a finished bundle learns from what was mixed up, by one matrix after its last layer.

Every picture is encoded once, by the bundle as it serves. A matrix that begins as no change at all is then trained to
tell products apart, held near what it was. For hours instead of minutes there are the towers themselves ([image]).
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
import torch

from ml.bundle import Bundle, load_bundle
from ml.crop import crop
from ml.evaluate import precision_at_1
from ml.images import open_image
from ml.train.batches import draw_families, label_of
from ml.train.checkpoint import log_row
from ml.train.items import Crop, Item
from ml.train.losses import keep_loss, same_product_loss
from ml.train.mine import Index, draw_mixed_up
from ml.train.recipe import RefineRecipe
from ml.train.sources import Source, read_sources
from ml.train.turn import turned_bundle

SIDE_PX = 1280
VIEWS = 3  # of an item in a batch
Shown = dict[str, torch.Tensor]  # by item, float32 (views, dim)


def refine(recipe: RefineRecipe, *, name: str = "refine") -> Path:
    """The folder of the bundle, which has the matrix of the step that was best on held-out products."""
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    sources, held = read_sources(recipe)
    bundle = load_bundle(recipe.bundle, threads=recipe.threads)
    shown = {source.name: encode(bundle, source.items, recipe) for source in sources}
    known = {source: encode(bundle, items, recipe) for source, items in held.items()}
    log = recipe.runs / name / "log.csv"
    log.unlink(missing_ok=True)
    matrix, history = train(recipe, sources, shown, held, known, log)
    bundle.close()
    return turned_bundle(
        recipe.bundle, recipe.folder, recipe.name, recipe.version, matrix,
        {"from": str(recipe.bundle), "negatives": [str(each) for each in recipe.negatives], "held_out": history},
    )  # fmt: skip


def encode(bundle: Bundle, items: Sequence[Item], recipe: RefineRecipe) -> Shown:
    """Studio shots first, and some photos of each, drawn by chance."""
    random, found = Random(recipe.seed), {}
    for item in items:
        crops = random.sample(item.crops, min(len(item.crops), recipe.views))
        pictures = [Crop(path) for path in item.studio[: recipe.views]] + crops
        vectors = bundle.encode_images([cut(each, bundle.margin) for each in pictures])
        found[item.key] = torch.from_numpy(vectors)
    return found


def cut(each: Crop, margin: float):
    photo = open_image(each.path.read_bytes(), max_side_px=None if each.box else SIDE_PX)
    return photo if each.box is None else crop(photo, each.box, margin)


def train(recipe: RefineRecipe, sources, shown, held, known, log: Path) -> tuple[np.ndarray, dict]:
    """float32 (dim, dim), and what was reached on held-out products before and after."""
    dim = next(iter(next(iter(shown.values())).values())).shape[1]
    change = torch.zeros(dim, dim, requires_grad=True)
    optimizer = torch.optim.AdamW([change], lr=recipe.rate, weight_decay=recipe.decay)
    indexes = {source.name: Index(source.items, [label_of(item) for item in source.items], dim) for source in sources}
    random, before = Random(recipe.seed), check(torch.eye(dim), held, known)
    best, reached = torch.eye(dim), before
    for step in range(1, recipe.steps + 1):
        (source,) = random.choices(sources, [source.share for source in sources])
        rows, labels = batch(source, shown[source.name], indexes[source.name], recipe.batch, random)
        vectors = torch.nn.functional.normalize(rows + rows @ change, dim=1)
        loss = same_product_loss(vectors, labels, temperature=recipe.temperature, margin=recipe.margin)
        held_back = keep_loss(vectors, rows)
        optimizer.zero_grad()
        (loss + recipe.keep * held_back).backward()
        optimizer.step()
        indexes[source.name].note(labels, vectors)
        if step % recipe.mine_every == 0:
            for index in indexes.values():
                index.refresh()
        if step % recipe.check_every == 0 or step == recipe.steps:
            matrix = torch.eye(dim) + change.detach()
            now = check(matrix, held, known)
            log_row(log, step=step, loss=loss.item(), keep=held_back.item(), precision_at_1=now)
            print(
                f"step {step}: loss {loss.item():.3f}, held-out precision@1 {now:.4f} (before {before:.4f})", flush=True
            )
            if now > reached or step == recipe.steps and torch.equal(best, torch.eye(dim)):
                best, reached = matrix, now
    return best.numpy(), {"precision_at_1_before": round(before, 4), "precision_at_1": round(reached, 4)}


def batch(source: Source, shown: Shown, index: Index, size: int, random: Random) -> tuple[torch.Tensor, torch.Tensor]:
    """rows float32 (n, dim) and labels int64 (n,): half of the batches of what is mixed up, with what people marked."""
    count = size // VIEWS
    marked = any(item.rivals for item in source.items)
    mixed = marked or bool((index.nearest[:, 0] >= 0).any())
    drawn = draw_mixed_up if mixed and random.random() < 0.5 else None
    items = drawn(source.items, index, count, random) if drawn else draw_families(source.items, count, random)
    rows, labels = [], []
    for item in items:
        views = shown[item.key]
        places = random.sample(range(len(views)), min(VIEWS, len(views)))
        rows.append(views[places])
        labels += [label_of(item)] * len(places)
    return torch.cat(rows), torch.tensor(labels)


@torch.no_grad()
def check(matrix: torch.Tensor, held, known) -> float:
    """Precision at 1 of held-out products: each photo against every product's first studio shot; 0 without any."""
    qrels, run = {}, {}
    for source, items in held.items():
        seen = [item for item in items if item.studio and len(known[source][item.key]) > 1]
        if not seen:
            continue
        vectors = [torch.nn.functional.normalize(known[source][item.key] @ matrix, dim=1) for item in seen]
        gallery = torch.stack([rows[0] for rows in vectors])
        for item, rows in zip(seen, vectors, strict=True):
            for number, scores in enumerate(rows[1:] @ gallery.T):
                query = f"{source} {item.key} {number}"
                qrels[query], run[query] = {item.key: 1}, [seen[int(scores.argmax())].key]
    return precision_at_1(qrels, run)
