"""An import's feed, as the stages read it, and the rows that it cannot take over."""

from pathlib import Path

from catalog.feeds.files import folder_of
from catalog.feeds.models import Import, ImportProblem, Part
from catalog.ingest.chunks import How, Problem
from catalog.ingest.ids import LastRows, find_last_rows
from catalog.ingest.read import FeedFile, recognise


def ids_path(import_id: int) -> Path:
    return folder_of(import_id) / "ids"


class opened:
    """The feed and its ids, for as long as they are needed."""

    def __init__(self, found: Import):
        self.feed = recognise(Path(found.path), found.mapping)
        if not ids_path(found.pk).exists():
            find_last_rows(self.feed, ids_path(found.pk)).close()
        self.last = LastRows(ids_path(found.pk))

    def __enter__(self) -> tuple[FeedFile, LastRows]:
        return self.feed, self.last

    def __exit__(self, *_) -> None:
        self.last.close()


def how_of(found: Import) -> How:
    return How(found.folder, found.currency, found.part == Part.OFFERS, found.source_id)


def keep_problems(found: Import, problems: list[Problem]) -> None:
    ImportProblem.objects.bulk_create(
        ImportProblem(
            of=found,
            kind=one.kind,
            line=one.line,
            sku=one.sku,
            reason=clean(one.reason),
            cells=list(map(clean, one.raw)),
        )
        for one in problems
    )


def clean(text: str) -> str:
    return text.replace("\x00", "\ufffd")  # which PostgreSQL cannot store
