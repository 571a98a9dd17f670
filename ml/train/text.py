"""Train the text head against the finished image tower: phrases to pictures, and what is like what left as it was."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import torch
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from ml.train.checkpoint import load_checkpoint, log_row, save_checkpoint
from ml.train.losses import many_right
from ml.train.recipe import TextRecipe
from ml.train.sentences import Sentences, vocabulary
from ml.train.text_items import every_item
from ml.train.text_lessons import Lesson
from ml.train.text_model import TextHead, TextTower
from ml.train.text_pictures import Pictures, open_pictures
from ml.train.words import phrase

AVERAGE = 0.995
TEACHER_TEMPERATURE = 0.1


def train_text(recipe: TextRecipe, *, name: str = "text") -> Path:
    """Train or go on training; the path of the checkpoint, whose `head` is a running average."""
    torch.set_num_threads(recipe.threads)
    torch.manual_seed(recipe.seed)
    pictures = open_pictures(recipe.image, size_px=recipe.size_px, fill=recipe.fill, kept=recipe.runs / "vectors")
    lessons, tests = read_lessons(recipe, pictures)
    path = recipe.runs / name / "last.pt"
    trainer = Trainer(recipe, pictures.dim, load_checkpoint(path))
    while trainer.step < recipe.steps:
        loss = trainer.learn(lessons)
        if trainer.step % recipe.check_every == 0 or trainer.step == recipe.steps:
            found = {each.gallery.name: recall(trainer, each, Random(1)) for each in tests}
            log_row(recipe.runs / name / "log.csv", step=trainer.step, loss=loss, **found)
            print({"step": trainer.step, "loss": round(loss, 4)} | found, flush=True)
            trainer.save(path)
    return path


def read_lessons(recipe: TextRecipe, pictures: Pictures) -> tuple[list[Lesson], list[Lesson]]:
    """What is taught, and what is asked: held-out items among all pictures of their source."""
    lessons, tests = [], []
    for name, stock in every_item(recipe.data, recipe.demo, recipe.extra, hold_out=recipe.hold_out).items():
        gallery, share = pictures.gallery(name, stock.items, crops=recipe.crops), recipe.shares.get(name, 1.0)
        if stock.taught and share:
            lessons.append(Lesson(gallery.of(stock.taught), stock.taught, share))
        if stock.held:
            tests.append(Lesson(gallery.of(range(len(stock.items)), catalog=True), sorted(stock.held), 0.0))
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

    def save(self, path: Path) -> None:
        self.sentences.save()
        save_checkpoint(
            path, head=self.average.module.state_dict(), hidden=self.recipe.hidden, learned=self.head.state_dict(),
            average=self.average.state_dict(), optimizer=self.optimizer.state_dict(), step=self.step,
        )  # fmt: skip


@torch.no_grad()
def recall(trainer: Trainer, test: Lesson, random: Random) -> float:
    """recall@10 of the held-out items' phrases that have at most ten right answers, over all items of the source."""
    gallery, scores = test.gallery, []
    shown = torch.from_numpy(gallery.vectors)
    for place in test.places:
        words = phrase(gallery.items[place], random)
        ranked = (trainer.average.module(trainer.sentences((words.text,)))[0] @ shown.T).argsort(descending=True)
        found = list(dict.fromkeys(gallery.owner[ranked.numpy()].tolist()))[:10]
        right = set(gallery.owner[test.matches([words], slice(None))[0].numpy()].tolist())
        if 0 < len(right) <= 10:
            scores.append(len(right & set(found)) / len(right))
    return round(sum(scores) / max(1, len(scores)), 4)
