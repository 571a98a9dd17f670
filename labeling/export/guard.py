"""What of a data set touches a golden set: its photos, in whatever form, its words, and the verdicts it rests on."""

from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from django.conf import settings

from labeling import pictures
from labeling.errors import BadDataset
from labeling.export.pairs import Pair
from labeling.models import GoldenVerdict
from ml.errors import ImageRejected
from ml.evaluate.golden import all_sets
from ml.leaks import Forbidden, Leak
from ml.train.guard import forbidden_photos
from search.golden_sets import resolve

PHOTO, WORDS, VERDICT = "photo of a golden set", "words of a golden set", "verdict of a golden set"


@dataclass(frozen=True, slots=True)
class Touch:
    """`kind`: one of those above; `said`: which, in words."""

    kind: str
    said: str


@dataclass
class Guard:
    """Of these golden sets."""

    forbidden: Forbidden
    words: frozenset[str] = frozenset()
    verdicts: frozenset[UUID] = frozenset()
    sets: tuple[str, ...] = ()
    known: dict[str, Leak | None] = field(default_factory=dict)

    @classmethod
    def of_this_shop(cls) -> "Guard":
        """Of every golden set in SIGHTLINE_GOLDEN_DIR, also those that were copied there by hand.

        Raises BadDataset where one cannot be read: what is in it cannot be kept apart from.
        """
        home = Path(settings.SIGHTLINE_GOLDEN_DIR)
        try:
            sets, forbidden = all_sets(home), forbidden_photos([home, *gate_folder()])
        except ValueError as error:
            raise BadDataset(f"{error} Until then nothing can be kept apart from it.") from error
        words = {spelled(query.text) for golden in sets for query in golden.queries if query.text and not query.photo}
        verdicts = frozenset(GoldenVerdict.objects.values_list("verdict", flat=True))
        return cls(forbidden, frozenset(words), verdicts, tuple(golden.ref for golden in sets))

    def against(self, pair: Pair) -> Touch | None:
        if golden := self.verdicts.intersection(pair.verdicts):
            return Touch(VERDICT, f"verdict {next(iter(golden))} is in a golden set")
        if not pair.anchor.photo:
            text = spelled(pair.anchor.text)
            return Touch(WORDS, f"a golden set asks for “{text}”") if text and text in self.words else None
        name = pair.anchor.photo
        try:
            return self.leak(name, pictures.read(name))
        except FileNotFoundError:
            return Touch("photo that is gone", f"{name} is no longer kept")

    def leak(self, name: str, data: bytes) -> Touch | None:
        """Each picture is looked at once."""
        if name not in self.known:
            try:
                self.known[name] = self.forbidden.find(data)
            except ImageRejected:
                self.known[name] = None
        leak = self.known[name]
        return Touch(PHOTO, f"{name} is {leak.how} as {leak.photo}") if leak else None


def gate_folder() -> list[Path]:
    """The evaluation folder that new bundles are measured on, where the gate is one."""
    gate = str(settings.SIGHTLINE_GOLDEN)
    found = resolve(gate) if gate else None
    return [found] if isinstance(found, Path) else []


def spelled(text: str) -> str:
    """What two spellings of one query share."""
    return " ".join(text.lower().split())
