"""Writes: everything that people and programs can do with feeds. The work itself is the worker's (job/)."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from django.contrib.auth import get_user_model
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from catalog.errors import FeedUnreadable, ImportStateConflict, MissingGuard
from catalog.feeds.files import BLOCK_BYTES, allowed_folder, check_size, folder_of
from catalog.feeds.models import FeedSource, Import, ImportProblem, Missing, Part
from catalog.feeds.moves import OPEN, end, enqueue, locked, move, tell
from catalog.feeds.queries import would_empty_the_shop
from catalog.history import start_edit
from catalog.ingest.columns import FIELDS, fields_of
from catalog.ingest.validate import DEFAULT_CURRENCY

State = Import.State
UPLOAD = "upload"  # the file's name in the import's folder


def start_import(
    *,
    actor: str,
    file: IO[bytes] | File | None = None,
    name: str = "",
    url: str = "",
    folder: str = "",
    source: FeedSource | None = None,
    part: str = "",
    missing: str = "",
    currency: str = "",
    mapping: Mapping[str, str] | None = None,
    run_when_checked: bool = False,
) -> Import:
    """One of file, url and folder. Returns at once; the worker fetches, reads and checks, and runs if it may.

    What is not said is taken from the source. Raises FolderRefused, FeedUnreadable for an empty file.
    """
    check_mapping(mapping or {})
    path = str(allowed_folder(folder)) if folder else ""
    if source:
        source.refresh_from_db()
    new = Import(
        source=source,
        name=(name or url.rstrip("/").rpartition("/")[2] or Path(folder).name or "feed")[:300],
        url=url,
        folder=path,
        actor=actor[:150],
        part=part or (source.part if source else Part.ALL),
        missing=missing or (source.missing if source else Missing.KEEP),
        currency=currency or (source.currency if source else DEFAULT_CURRENCY),
        mapping=dict(mapping) if mapping else source.mapping if source else {},
        run_when_checked=run_when_checked,
        state=State.UPLOADING if file is not None else State.UPLOADED,
    )
    new.save()
    if file is not None:
        keep_upload(new, file)
    with transaction.atomic():
        Import.objects.filter(pk=new.pk).update(state=State.UPLOADED)
        enqueue(new.pk)
    new.refresh_from_db()
    return new


def keep_upload(new: Import, file: IO[bytes] | File) -> None:
    """An upload that breaks off leaves no import."""
    try:
        size = 0
        target = upload_path(new.pk)
        with target.open("wb") as out:
            while block := file.read(BLOCK_BYTES):
                size += len(block)
                check_size(size)
                out.write(block)
        if not size:
            raise FeedUnreadable("This file is empty.")
        Import.objects.filter(pk=new.pk).update(size=size)
    except BaseException:
        forget(new.pk)
        raise


def upload_path(import_id: int) -> Path:
    folder = folder_of(import_id)
    folder.mkdir(parents=True, exist_ok=True)
    return folder / UPLOAD


def begin_upload(*, actor: str, name: str, size: int, **how) -> Import:
    """For a file that comes in pieces (append_upload). `how` is as for start_import."""
    if not size:
        raise FeedUnreadable("This file is empty.")
    check_size(size)
    check_mapping(how.get("mapping") or {})
    source: FeedSource | None = how.pop("source", None)
    said = {key: value for key, value in how.items() if value}
    taken = {key: getattr(source, key) for key in ("part", "missing", "currency", "mapping")} if source else {}
    new = Import.objects.create(
        source=source, name=name[:300], size=size, actor=actor[:150], state=State.UPLOADING, **{**taken, **said}
    )
    upload_path(new.pk).touch()
    return new


def append_upload(import_id: int, offset: int, block: bytes) -> int:
    """Bytes that are there now. A piece that came already is not written again, so a broken line may repeat it.

    Raises ImportStateConflict for a piece that does not follow. The last one sends the import on its way.
    """
    with transaction.atomic():
        found = locked(import_id)
        if found.state != State.UPLOADING:
            raise ImportStateConflict("This upload is complete.")
        path = upload_path(import_id)
        has = path.stat().st_size
        if offset > has or offset + len(block) > found.size:
            raise ImportStateConflict(f"The upload stands at byte {has}.")
        with path.open("r+b") as out:
            out.seek(offset)
            out.write(block)
        has = max(has, offset + len(block))
        if has == found.size:
            move(import_id, (State.UPLOADING,), State.UPLOADED)
            enqueue(import_id)
    return has


def check_mapping(mapping: Mapping[str, str]) -> None:
    """Raises FeedUnreadable for a field that there is not."""
    if unknown := sorted(field for field in mapping.values() if field and field not in FIELDS):
        raise FeedUnreadable(f"There is no field {unknown[0][:40]}. Fields are {', '.join(FIELDS)}.")


@transaction.atomic
def map_columns(import_id: int, mapping: Mapping[str, str], remember: bool = True) -> Import:
    """`mapping`: what columns mean ("" for nothing). It is checked again, and its source remembers.

    Raises NotMapped and FeedUnreadable for one that no feed can be read with.
    """
    check_mapping(mapping)
    fields_of(locked(import_id).columns, mapping)
    found = check_again(import_id, mapping=dict(mapping))
    if remember and found.source_id:
        FeedSource.objects.filter(pk=found.source_id).update(
            mapping=found.mapping, etag="", last_modified="", digest=""
        )
    return found


@transaction.atomic
def check_again(import_id: int, **values) -> Import:
    """From the file that is there, with other settings or because the catalog has changed."""
    fresh = {"stage": "", "rows_done": 0, "rows_total": 0, "found": {}, "reason": "", "checked_at": None}
    found = move(import_id, (State.UPLOADED, State.CHECKED), State.UPLOADED, **fresh, **values)
    found.rows.all().delete()
    found.problems.all().delete()
    enqueue(import_id)
    return found


@transaction.atomic
def run(import_id: int, actor: str, accept_missing: bool = False) -> Import:
    """Checked -> running. Raises MissingGuard when many products would go and nobody has said yes to that."""
    found = locked(import_id)
    if found.state == State.CHECKED and not accept_missing and would_empty_the_shop(found):
        raise MissingGuard
    values = {
        "rows_done": 0,
        "counts": {},
        "reason": "",
        "started_at": timezone.now(),
        "accept_missing": accept_missing,
    }
    values |= {"stage": Import.Stage.STORING, "actor": found.actor or actor[:150], "busy_s": 0.0, "rate": 0.0}
    edit = start_edit(who=found.actor or actor, what=f"Import {found.pk}: {found.name}", user=user_named(found.actor))
    found = move(import_id, (State.CHECKED,), State.RUNNING, edit=edit, **values)
    ImportProblem.objects.filter(of=found).delete()
    enqueue(import_id)
    return found


def user_named(name: str):
    """None for a schedule and for programs."""
    return get_user_model().objects.filter(**{get_user_model().USERNAME_FIELD: name}).first()


def choose_missing(import_id: int, missing: str) -> Import:
    """Before it runs: what becomes of products that are missing from the feed."""
    return move(import_id, (State.CHECKED,), State.CHECKED, missing=missing)


def pause(import_id: int, actor: str) -> Import:
    """The chunk that is being stored is finished first."""
    return move(import_id, (State.RUNNING,), State.PAUSED, reason=f"Paused by {actor}."[:500], rate=0.0)


@transaction.atomic
def resume(import_id: int, actor: str) -> Import:
    found = move(import_id, (State.PAUSED,), State.RUNNING, reason="")
    enqueue(import_id)
    return found


def cancel(import_id: int, actor: str) -> Import:
    """What is stored stays stored."""
    with transaction.atomic():
        found = locked(import_id)
        if found.state not in OPEN:
            raise ImportStateConflict(f"This import is {found.state}.")
        end(import_id, State.CANCELLED, f"Cancelled by {actor}.")
    found.refresh_from_db()
    return found


def forget(import_id: int) -> None:
    """An import that has ended or never began, with its files."""
    Import.objects.filter(pk=import_id).exclude(state__in=(State.RUNNING, State.PAUSED)).delete()
    shutil.rmtree(folder_of(import_id), ignore_errors=True)
    tell(import_id)
