"""Train the text head against the finished image tower: phrases to pictures, and what is like what left as it was."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ml.encode import fuse_words
from ml.train.checkpoint import load_checkpoint, log_row, save_checkpoint
from ml.train.losses import many_right
from ml.train.recipe import TextRecipe
from ml.train.sentences import Sentences, vocabulary
from ml.train.text_gap import measure_gap, scores_of
from ml.train.text_items import Stock, lawful_items
from ml.train.text_lessons import Lesson
from ml.train.text_model import TextHead, TextTower
from ml.train.text_pictures import Pictures, open_pictures
from ml.train.words import phrase

AVERAGE = 0.995
TEACHER_TEMPERATURE = 0.1


def train_text(recipe: TextRecipe, *, name: str = "text") -> Path:
    """Train or go on training; the path of the checkpoint, whose `head` is a running average.

    It also keeps how pictures and words lie to one another (`modalities`), and the share that words are to have in the
    vectors of catalog pictures (`words_share`). Raises LeakedGoldenSet.
    """
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    stocks = lawful_items(recipe, lambda source: recipe.shares.get(source, 1.0) > 0)
    pictures = open_pictures(recipe.image, size_px=recipe.size_px, fill=recipe.fill, kept=recipe.runs / "vectors")
    lessons, tests = read_lessons(recipe, stocks, pictures)
    path = recipe.runs / name / "last.pt"
    trainer = Trainer(recipe, pictures.dim, load_checkpoint(path))
    while trainer.step < recipe.steps:
        loss = trainer.learn(lessons)
        if trainer.step % recipe.check_every == 0 or trainer.step == recipe.steps:
            found = {each.gallery.name: recall(trainer, each, Random(1)) for each in tests if each.named}
            log_row(recipe.runs / name / "log.csv", step=trainer.step, loss=loss, **found)
            print({"step": trainer.step, "loss": round(loss, 4)} | found, flush=True)
            asked = {each.gallery.name: each for each in (*lessons, *tests)}  # held-out items where there are any
            trainer.save(path, modalities(trainer, list(asked.values()), recipe.words_share))
    return path


def read_lessons(
    recipe: TextRecipe, stocks: Mapping[str, Stock], pictures: Pictures
) -> tuple[list[Lesson], list[Lesson]]:
    """What is taught, and what is asked: held-out items among all pictures of their source."""
    lessons, tests = [], []
    for name, stock in stocks.items():
        gallery = pictures.gallery(name, stock.items, crops=recipe.crops)
        if stock.taught:
            known = gallery.of(stock.taught)
            lessons.append(Lesson(known, stock.taught, recipe.shares.get(name, 1.0), known.photos))
        if stock.held:
            photos = gallery.of(stock.held).photos
            tests.append(Lesson(gallery.of(range(len(stock.items)), catalog=True), sorted(stock.held), 0.0, photos))
    return lessons, tests


class Trainer:
    """The head, its running average and how far they are."""

    def __init__(self, recipe: TextRecipe, dim: int, state: dict | None) -> None:
        self.recipe = recipe
        self.head = TextHead(dim, hidden=recipe.hidden)
        self.average = AveragedModel(self.head, multi_avg_fn=get_ema_multi_avg_fn(AVERAGE))
        self.optimizer = torch.optim.AdamW(self.head.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
        self.step = 0
        if state is not None:
            self.head.load_state_dict(state["learned"])
            self.average.load_state_dict(state["average"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step = state["step"]
        self.sentences = Sentences(TextTower(dim), recipe.runs / "vectors" / "sentences.pt")
        self.vocabulary = vocabulary(self.sentences.tokenizer, recipe.vocabulary)

    def learn(self, lessons: Sequence[Lesson]) -> float:
        """One step on one source; the loss."""
        recipe, random = self.recipe, Random(f"{self.recipe.seed}/{self.step}")
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.rate * (1 - self.step / recipe.steps)
        (lesson,) = random.choices(lessons, [each.share for each in lessons])
        phrases, rows = lesson.draw(recipe.batch, random), lesson.rows(recipe.pictures, random)
        known = self.sentences(tuple(each.text for each in phrases))
        vectors = self.head(known + recipe.noise * torch.randn_like(known))
        shown = torch.from_numpy(lesson.gallery.vectors[rows])
        matches = lesson.matches(phrases, rows)
        logits, columns = vectors @ shown.T / recipe.temperature, matches.any(dim=0)
        loss = many_right(logits, matches) + recipe.backward * many_right(logits.T[columns], matches.T[columns])
        if recipe.distil:
            loss = loss + recipe.distil * self.unlike_teacher(known, random)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.average.update_parameters(self.head)
        self.step += 1
        return loss.item()

    def unlike_teacher(self, known: torch.Tensor, random: Random) -> torch.Tensor:
        """How far words have moved against one another: words of the batch, and words that nothing is shown of."""
        others = self.sentences(tuple(random.sample(self.vocabulary, min(len(self.vocabulary), self.recipe.batch))))
        told = torch.cat([known, others])
        itself = torch.eye(len(told), dtype=torch.bool)
        teacher = F.normalize(told, dim=1)
        student = self.head(told)
        wanted = (teacher @ teacher.T / TEACHER_TEMPERATURE).masked_fill(itself, -1e4).softmax(dim=1)
        found = (student @ student.T / TEACHER_TEMPERATURE).masked_fill(itself, -1e4).log_softmax(dim=1)
        return F.kl_div(found, wanted, reduction="batchmean")

    @torch.no_grad()
    def words(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (n, dim), unit rows, by the running average."""
        return self.average.module(self.sentences(tuple(texts))).numpy()

    def save(self, path: Path, measured: dict | None) -> None:
        self.sentences.save()
        save_checkpoint(
            path, head=self.average.module.state_dict(), hidden=self.recipe.hidden, learned=self.head.state_dict(),
            average=self.average.state_dict(), optimizer=self.optimizer.state_dict(), step=self.step,
            modalities=measured, words_share=self.recipe.words_share,
        )  # fmt: skip


def recall(trainer: Trainer, test: Lesson, random: Random) -> float:
    """recall@10 of the held-out items' phrases that have at most ten right answers, over all items of the source."""
    gallery, scores = test.gallery, []
    phrases = [phrase(gallery.items[place], random) for place in test.places]
    fits = test.matches(phrases, np.arange(len(gallery.owner))).numpy()
    for right, ranked in zip(fits, trainer.words([each.text for each in phrases]) @ gallery.vectors.T, strict=True):
        found = list(dict.fromkeys(gallery.owner[np.argsort(-ranked)].tolist()))[:10]
        wanted = set(gallery.owner[right].tolist())
        if 0 < len(wanted) <= 10:
            scores.append(len(wanted & set(found)) / len(wanted))
    return round(sum(scores) / max(1, len(scores)), 4)


def modalities(trainer: Trainer, lessons: Sequence[Lesson], share: float) -> dict | None:
    """The gap between pictures and words, and how the scores of both spread over the catalog as it is going to be: of
    the first source that has studio shots, photos and titles. None where there is none."""
    for lesson in lessons:
        gallery, items = lesson.gallery, lesson.gallery.items
        photos, shots = lesson.photos, gallery.owner[gallery.studio]
        if len(photos) and len(shots) and "title" in items[shots[0]].attributes:
            titles = trainer.words([items[place].attributes["title"] for place in shots])
            catalog = fuse_words(gallery.vectors[gallery.studio], titles, share)
            phrases = lesson.draw(len(lesson.places), Random(1))
            return {
                "source": gallery.name,
                "image": scores_of(photos, catalog),
                "text": scores_of(trainer.words([each.text for each in phrases]), catalog),
                "gap": measure_gap(gallery.vectors[gallery.studio], titles),
            }
    return None
