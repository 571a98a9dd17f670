"""Train the text head against the finished image tower: every phrase against all pictures of its source."""

from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch

from ml.encode.images import ImageSpec
from ml.images import open_image
from ml.train.batches import match_matrix
from ml.train.checkpoint import load_checkpoint, log_row, save_checkpoint
from ml.train.image import read_sources
from ml.train.image_model import ImageTower
from ml.train.items import Crop, Item
from ml.train.losses import many_right
from ml.train.progress import cut, encode
from ml.train.recipe import TextRecipe
from ml.train.sentences import Sentences
from ml.train.text_model import TextHead, TextTower
from ml.train.words import phrase, says


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures of one source as vectors float32 (n, dim), and whose picture each row is."""

    name: str
    share: float
    items: list[Item]
    shown: list[Item]
    vectors: torch.Tensor


def train_text(recipe: TextRecipe, *, name: str = "text") -> Path:
    """Train or go on training; the path of the checkpoint."""
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    image = load_checkpoint(recipe.image)
    tower = ImageTower(image["dim"])
    tower.load_state_dict(part(image["best"], "tower"))
    galleries, held = read_galleries(recipe, tower)
    path = recipe.runs / name / "last.pt"
    head, start = TextHead(image["dim"]), 0
    if (state := load_checkpoint(path)) is not None:
        head.load_state_dict(state["head"])
        start = state["step"]
    else:
        head.load_state_dict(part(image["best"], "head"))
    optimizer = torch.optim.AdamW(head.parameters(), lr=recipe.rate, weight_decay=0.05)
    sentences, random = Sentences(TextTower(image["dim"])), Random(recipe.seed + start)
    for step in range(start, recipe.steps):
        loss = learn(head, sentences, optimizer, galleries, recipe, random)
        if (step + 1) % recipe.check_every == 0 or step + 1 == recipe.steps:
            found = recall(head, sentences, held, Random(1)) if held else float("nan")
            log_row(recipe.runs / name / "log.csv", step=step + 1, loss=loss, recall_at_10=found)
            print({"step": step + 1, "loss": loss, "recall_at_10": found}, flush=True)
            save_checkpoint(path, head=head.state_dict(), step=step + 1)
    return path


def part(state: dict, name: str) -> dict:
    """The entries of one submodule."""
    return {key.removeprefix(f"{name}."): value for key, value in state.items() if key.startswith(f"{name}.")}


def read_galleries(recipe: TextRecipe, tower: ImageTower) -> tuple[list[Gallery], Gallery | None]:
    sources, held = read_sources(recipe)
    spec = ImageSpec(recipe.size_px, recipe.fill, tower.project.out_features)
    galleries = [build_gallery(each.name, each.share, list(each.items), tower, spec, recipe) for each in sources]
    if "demo" not in held:
        return galleries, None
    everything = [item for each in sources if each.name == "demo" for item in each.items]
    whole = build_gallery("held", 0, everything + held["demo"], tower, spec, recipe)
    return galleries, Gallery("held", 0, held["demo"], whole.shown, whole.vectors)


def build_gallery(
    name: str, share: float, items: list[Item], tower: ImageTower, spec: ImageSpec, recipe: TextRecipe
) -> Gallery:
    """Studio shots where there are any, else the photo; at most `recipe.pictures` items."""
    items = items[:: max(1, -(-len(items) // recipe.pictures))]
    pictures = [(item, Crop(path)) for item in items for path in item.studio]
    pictures += [(item, crop) for item in items if not item.studio for crop in item.crops[:1]]
    images = []
    for _, crop in pictures:
        image = cut(crop, 0.0) if crop.box else open_image(crop.path.read_bytes(), max_side_px=2 * spec.size_px)
        images.append(image)
    vectors = torch.from_numpy(encode(tower, images, spec))
    return Gallery(name, share, items, [item for item, _ in pictures], vectors)


def learn(head, sentences, optimizer, galleries: list[Gallery], recipe: TextRecipe, random: Random) -> float:
    """One step on one source; the loss."""
    (gallery,) = random.choices(galleries, [each.share for each in galleries])
    drawn = random.sample(gallery.items, min(recipe.batch, len(gallery.items)))
    phrases = [phrase(item, random) for item in drawn]
    matches = match_matrix(phrases, gallery.shown)
    vectors = head(sentences(tuple(each.text for each in phrases)))
    logits = vectors @ gallery.vectors.T / recipe.temperature
    columns = matches.any(dim=0)
    loss = many_right(logits, matches) + recipe.backward * many_right(logits.T[columns], matches.T[columns])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@torch.no_grad()
def recall(head, sentences, gallery: Gallery, random: Random) -> float:
    """recall@10 of the items' own attribute phrases that have at most ten right answers, over all pictures."""
    scores = []
    for item in gallery.items:
        words = phrase(item, random)
        ranked = head(sentences((words.text,)))[0] @ gallery.vectors.T
        keys = dict.fromkeys(gallery.shown[row].key for row in ranked.argsort(descending=True).tolist())
        right = {each.key for each in gallery.shown if says(words, each)}
        if 0 < len(right) <= 10:
            scores.append(len(right & set(list(keys)[:10])) / len(right))
    return sum(scores) / max(1, len(scores))
