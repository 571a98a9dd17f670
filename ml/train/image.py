"""Train the image tower and a first text head together: seeded, checkpointed, resumable, logged to CSV."""

import math
import time
from dataclasses import replace
from pathlib import Path

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from ml.encode.images import ImageSpec, to_square
from ml.train.batches import Batch, Batches, Source
from ml.train.checkpoint import load_checkpoint, log_row, save_checkpoint
from ml.train.image_model import ImageTower, load_imagenet, start_projection
from ml.train.items import Crop, Item, demo_items, fashion_items, grocery_items, labelled_items, split_families
from ml.train.losses import Memory, same_product_loss, words_loss
from ml.train.photos import read_jsonl
from ml.train.progress import rank_items
from ml.train.recipe import ImageRecipe
from ml.train.sentences import Sentences
from ml.train.text_model import TextHead, TextTower
from ml.train.views import load

AVERAGE = 0.99
WARM_STEPS = 30


def train_image(recipe: ImageRecipe, *, name: str = "image") -> Path:
    """Train or go on training; the path of the checkpoint, whose `tower` and `head` are running averages."""
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    path = recipe.runs / name / "last.pt"
    sources, held = read_sources(recipe)
    trainer = Trainer(recipe, sources, load_checkpoint(path))
    spec = ImageSpec(recipe.size_px, recipe.fill, recipe.dim)
    data = Batches(sources, spec, size=recipe.batch, seed=recipe.seed + trainer.step, fillers=filler_photos(recipe))
    loader = iter(DataLoader(data, batch_size=None, num_workers=1, prefetch_factor=3))
    while trainer.step < recipe.steps:
        values = trainer.learn(next(loader))
        log_row(recipe.runs / name / "log.csv", **values)
        if trainer.step % recipe.save_every == 0 or trainer.step == recipe.steps:
            trainer.save(path)
            print(values, flush=True)
        if trainer.step % recipe.check_every == 0 or trainer.step == recipe.steps:
            for source, items in held.items():
                print(source, rank_items(trainer.average.module["tower"], items, spec), flush=True)
    return path


def read_sources(recipe: ImageRecipe) -> tuple[list[Source], dict[str, list[Item]]]:
    """The training sources, and the held-out families of the demo world."""
    data, share = recipe.data, recipe.shares
    demo = demo_items(recipe.demo, recipe.extra)
    train, held = split_families(demo) if recipe.hold_out else (demo, [])
    sources = [
        Source("demo", train, 3, share.get("demo", 3.0)),
        Source("grocery", grocery_items(data / "grocery") if data.exists() else [], 3, share.get("grocery", 1.5)),
        Source("fashion", fashion_items(data / "fashion"), 2, share.get("fashion", 1.0)),
        Source("clothing", labelled_items(data / "clothing"), 2, share.get("clothing", 0.5)),
        Source("caltech101", labelled_items(data / "caltech101"), 1, share.get("caltech101", 0.5)),
    ]
    checks = {"demo": held, "grocery": held_grocery(data / "grocery")}
    return [source for source in sources if source.items], {name: items for name, items in checks.items() if items}


def held_grocery(folder: Path) -> list[Item]:
    """The same 81 products, on photos that are not trained on."""
    photos = {}
    for row in read_jsonl(folder / "queries.jsonl"):
        photos.setdefault(row["product_id"], []).append(Crop(folder / row["photo"]))
    items = grocery_items(folder) if photos else []
    return [replace(item, crops=tuple(photos.get(item.key, ()))) for item in items]


def filler_photos(recipe: ImageRecipe) -> list[Path]:
    """Photos whose pieces stand behind and before pasted products."""
    coco = [recipe.data / "coco256" / row["photo"] for row in read_jsonl(recipe.data / "coco256" / "train2017.jsonl")]
    rooms = [recipe.demo / row["photo"] for row in read_jsonl(recipe.demo / "rooms.jsonl") if row["split"] == "train"]
    return [path for path in coco + rooms if path.exists()]


class Trainer:
    """The towers, their optimizer and how far they are."""

    def __init__(self, recipe: ImageRecipe, sources: list[Source], state: dict | None) -> None:
        self.recipe = recipe
        self.step = 0
        self.models = torch.nn.ModuleDict({"tower": ImageTower(recipe.dim), "head": TextHead(recipe.dim)})
        if state is None:
            self.begin(sources)
        else:
            self.models.load_state_dict(state["models"])
            self.step = state["step"]
        self.models["tower"].freeze_early(recipe.frozen_stages)
        self.average = AveragedModel(self.models, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE))
        # The first stages keep their ImageNet weights longer than the new layers keep their random ones.
        new = [*self.models["head"].parameters(), *self.models["tower"].project.parameters()]
        new += self.models["tower"].attention.parameters()
        old = [each for each in self.models.parameters() if each.requires_grad and not any(each is one for one in new)]
        groups = [{"params": new, "lr": recipe.rate}, {"params": old, "lr": recipe.rate / 3}]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
        if state is not None:
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
        self.memory: dict[str, Memory] = {}
        self.sentences = Sentences(TextTower(recipe.dim))

    def begin(self, sources: list[Source]) -> None:
        """From another run's averages, or from ImageNet with the projection at the principal axes."""
        if self.recipe.start is not None:
            self.models.load_state_dict(load_checkpoint(self.recipe.start)["best"])
            return
        tower = self.models["tower"]
        weights = self.recipe.data / "weights" / "mobilenetv2_imagenet.npz"
        if weights.exists():
            load_imagenet(tower, weights)
        spec = ImageSpec(self.recipe.size_px, self.recipe.fill, self.recipe.dim)
        paths = [(item.studio or [crop.path for crop in item.crops])[0] for source in sources for item in source.items]
        chosen = paths[:: max(1, len(paths) // 600)]
        with torch.no_grad():
            pixels = (torch.from_numpy(to_square(load(path), spec))[None] for path in chosen)
            start_projection(tower, torch.cat([tower.pooled(each) for each in pixels]))

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step; what to log of it."""
        started = time.perf_counter()
        for group, share in zip(self.optimizer.param_groups, (1.0, 1 / 3), strict=True):
            group["lr"] = self.recipe.rate * share * self.schedule()
        vectors = self.models["tower"](batch.pixels)
        texts = self.models["head"](self.sentences(batch.texts))
        memory = self.memory.get(
            batch.source, Memory(torch.zeros(0, self.recipe.dim), torch.zeros(0, dtype=torch.long))
        )
        same = same_product_loss(vectors, batch.labels, temperature=self.recipe.temperature, memory=memory)
        self.memory[batch.source] = memory.then(vectors, batch.labels, limit=self.recipe.memory)
        words = words_loss(vectors, texts, batch.matches, temperature=self.recipe.temperature)
        loss = same + self.recipe.words * words
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.models.parameters(), 5.0)
        self.optimizer.step()
        self.average.update_parameters(self.models)
        self.step += 1
        took_s = time.perf_counter() - started
        return {"step": self.step, "source": batch.source, "same": same.item(), "words": words.item(), "took_s": took_s}

    def schedule(self) -> float:
        """Linear warm-up, then half a cosine down to a fiftieth."""
        if self.step < WARM_STEPS:
            return (self.step + 1) / WARM_STEPS
        return 0.02 + 0.49 * (1 + math.cos(math.pi * self.step / self.recipe.steps))

    def save(self, path: Path) -> None:
        best = self.average.module.state_dict()
        save_checkpoint(
            path, models=self.models.state_dict(), average=self.average.state_dict(), best=best,
            optimizer=self.optimizer.state_dict(), step=self.step, dim=self.recipe.dim,
        )  # fmt: skip
