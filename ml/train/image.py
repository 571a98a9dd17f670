"""Train the image tower and a first text head together: seeded, checkpointed, resumable, logged to CSV."""

import math
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random

import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

from ml.encode.images import ImageSpec
from ml.train.batches import Batch, Batches, label_of
from ml.train.checkpoint import load_checkpoint, log_row, save_checkpoint
from ml.train.early import early_of
from ml.train.guard import refuse_golden
from ml.train.image_model import ImageTower
from ml.train.image_start import begin_tower
from ml.train.losses import Memory, keep_loss, same_kind_loss, same_product_loss, words_loss
from ml.train.mine import Index
from ml.train.progress import rank_items
from ml.train.recipe import ImageRecipe
from ml.train.sentences import Sentences
from ml.train.sources import Source, filler_photos, read_sources
from ml.train.text_model import TextHead, TextTower

AVERAGE = 0.99
WARM_STEPS = 30
ECHOES = 64


def train_image(recipe: ImageRecipe, *, name: str = "image") -> Path:
    """Train or go on training; the path of the checkpoint, whose `tower` and `head` are running averages."""
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    path = recipe.runs / name / "last.pt"
    sources, held = read_sources(recipe)
    trainer = Trainer(recipe, sources, load_checkpoint(path))
    spec = ImageSpec(recipe.size_px, recipe.fill, recipe.dim)
    fillers = filler_photos(recipe.data, recipe.demo)
    refuse_golden(recipe, fillers)
    early = early_of(trainer.models["tower"], recipe.frozen_stages)
    data = Batches(
        sources, spec, size=recipe.batch, seed=recipe.seed + trainer.step, fillers=fillers, early=early,
        indexes=trainer.indexes,
    )  # fmt: skip
    batches = echoed(DataLoader(data, batch_size=None, num_workers=1, prefetch_factor=3), recipe.echo, recipe.seed)
    while trainer.step < recipe.steps:
        values = trainer.learn(next(batches))
        log_row(recipe.runs / name / "log.csv", **values)
        if trainer.step % recipe.mine_every == 0:
            trainer.mine()
        if trainer.step % recipe.save_every == 0 or trainer.step == recipe.steps:
            trainer.save(path)
            print(values, flush=True)
        if trainer.step % recipe.check_every == 0 or trainer.step == recipe.steps:
            for source, items in held.items():
                found = rank_items(trainer.average.module["tower"], items, spec)
                log_row(recipe.runs / name / "checks.csv", step=trainer.step, source=source, **found)
                print(source, found, flush=True)
    return path


def echoed(batches: Iterable[Batch], times: int, seed: int) -> Iterator[Batch]:
    """Each batch, and after it as many of the last ones again: making them costs more than a step on them.

    Data echoing (Choi et al., 2019).
    """
    random, kept = Random(seed), deque(maxlen=ECHOES)
    for batch in batches:
        yield batch
        kept.append(batch)
        for _ in range(times):
            # Not one of the newest: its own rows would still be in the memory of the loss.
            yield kept[random.randrange(1 + len(kept) // 2)]


class Trainer:
    """The towers, their optimizer and how far they are."""

    def __init__(self, recipe: ImageRecipe, sources: list[Source], state: dict | None) -> None:
        self.recipe = recipe
        self.step = 0
        self.models = torch.nn.ModuleDict({"tower": ImageTower(recipe.dim), "head": TextHead(recipe.dim)})
        if state is not None:
            self.models.load_state_dict(state["models"])
            self.step = state["step"]
        elif recipe.start is not None:
            self.models.load_state_dict(load_checkpoint(recipe.start)["best"])
        else:
            begin_tower(self.models["tower"], recipe, sources)
        self.before = self.teacher(sources) if recipe.keep else None
        self.models["tower"].freeze_early(recipe.frozen_stages)
        self.average = AveragedModel(self.models, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE))
        self.optimizer = make_optimizer(self.models, recipe.rate)
        if state is not None:
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
        self.memory: dict[str, Memory] = {}
        self.indexes = {
            source.name: Index(source.items, [label_of(item) for item in source.items], recipe.dim)
            for source in sources
        }
        self.sentences = Sentences(TextTower(recipe.dim)) if recipe.words else None

    def teacher(self, sources: list[Source]) -> ImageTower:
        """The tower as it is before it learns anything; it is shown what the frozen stages give."""
        tower = ImageTower(self.recipe.dim)
        begin_tower(tower, self.recipe, sources)
        frozen = [tower.stem, *tower.stages[: self.recipe.frozen_stages]]
        ours = [self.models["tower"].stem, *self.models["tower"].stages[: self.recipe.frozen_stages]]
        pairs = zip(parameters_of(frozen), parameters_of(ours), strict=True)
        if not all(torch.equal(one, other) for one, other in pairs):
            raise ValueError("`keep` needs frozen stages that were never trained: start from a run that froze as many.")
        return tower.eval().requires_grad_(False)

    def learn(self, batch: Batch) -> dict[str, float]:
        """One step; what to log of it."""
        started = time.perf_counter()
        for group, share in zip(self.optimizer.param_groups, (1.0, 1 / 3), strict=True):
            group["lr"] = self.recipe.rate * share * self.schedule()
        tower = self.models["tower"]
        vectors = tower.embed(tower.late(batch.maps, self.recipe.frozen_stages))
        losses = self.losses(batch, vectors)
        weights = {"kinds": self.recipe.kinds, "words": self.recipe.words, "keep": self.recipe.keep}
        loss = sum(weights.get(name, 1.0) * value for name, value in losses.items())
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.models.parameters(), 5.0)
        self.optimizer.step()
        self.average.update_parameters(self.models)
        self.memory[batch.source] = self.remembered(batch).then(
            vectors, batch.labels, batch.kinds, limit=self.recipe.memory
        )
        self.indexes[batch.source].note(batch.labels, vectors)
        self.step += 1
        took_s = time.perf_counter() - started
        logged = {name: value.item() for name, value in losses.items()}
        return {"step": self.step, "source": batch.source, **logged, "took_s": took_s}

    def losses(self, batch: Batch, vectors: torch.Tensor) -> Mapping[str, torch.Tensor]:
        """Each term before its weight; terms that the recipe gives no weight are 0 and cost nothing."""
        recipe, memory, none = self.recipe, self.remembered(batch), torch.zeros(())
        same = same_product_loss(
            vectors, batch.labels, temperature=recipe.temperature, margin=recipe.margin, memory=memory
        )
        kinds = words = keep = none
        if recipe.kinds:
            kinds = same_kind_loss(vectors, batch.kinds, temperature=2 * recipe.temperature, memory=memory)
        if self.sentences is not None:
            texts = self.models["head"](self.sentences(batch.texts))
            words = words_loss(vectors, texts, batch.matches, temperature=recipe.temperature)
        if self.before is not None:
            keep = keep_loss(vectors, self.before.embed(self.before.late(batch.maps, recipe.frozen_stages)))
        return {"same": same, "kinds": kinds, "words": words, "keep": keep}

    def remembered(self, batch: Batch) -> Memory:
        return self.memory.get(batch.source, Memory.empty(self.recipe.dim))

    def mine(self) -> None:
        """Look up what each item is taken for now; the loader draws from that."""
        for index in self.indexes.values():
            index.refresh()

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


def parameters_of(parts: Iterable[torch.nn.Module]) -> Iterator[torch.nn.Parameter]:
    return (each for part in parts for each in part.parameters())


def make_optimizer(models: torch.nn.ModuleDict, rate: float) -> torch.optim.Optimizer:
    """The network keeps its ImageNet weights longer than the new layers keep their random ones."""
    new = [*models["head"].parameters(), *models["tower"].project.parameters()]
    new += models["tower"].attention.parameters()
    old = [each for each in models.parameters() if each.requires_grad and not any(each is one for one in new)]
    groups = [{"params": new, "lr": rate}, {"params": old, "lr": rate / 3}]
    return torch.optim.AdamW(groups, weight_decay=0.01)
