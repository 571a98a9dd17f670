"""What a generation says of itself: manifest.json, written last, so that a folder without one is no generation."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from django.db import connection

FORMAT = 1
FILE = "manifest.json"


class BrokenGeneration(Exception):
    """This generation cannot be opened: its manifest is missing or cannot be read. Build another one."""

    def __init__(self, detail: str | None = None):
        super().__init__(detail or (self.__doc__ or "").strip())


class ForeignGeneration(BrokenGeneration):
    """This generation belongs to another bundle or another database. Build one here."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`shards`: one entry each {name, rows, kind, routing, files: {path: {bytes, sha256}}, tuning, ...}.

    `watermark` is a pg_snapshot: rows that it cannot see are newer than this generation. `cluster` names the database
    cluster whose transaction ids the watermark counts; in a restored copy they mean nothing. `files`: those that
    belong to no shard. `base`: the generation this one was merged from.
    """

    id: str
    bundle_id: str
    dim: int
    rows: int
    watermark: str
    cluster: str
    created_at: str
    shards: tuple[dict, ...]
    base: str | None = None
    mode: str = "full"
    files: dict[str, dict] = field(default_factory=dict)
    recall: dict = field(default_factory=dict)
    build: dict = field(default_factory=dict)
    format: int = FORMAT


def read_manifest(folder: Path) -> Manifest:
    """Raises BrokenGeneration where there is none, or none that this version can read."""
    try:
        fields = json.loads((folder / FILE).read_text(encoding="utf-8"))
        version = fields.get("format")
        if version != FORMAT:
            raise BrokenGeneration(f"{folder.name} has format {version}; this version reads {FORMAT}. Build it again.")
        known = {name: value for name, value in fields.items() if name in Manifest.__dataclass_fields__}
        return Manifest(**known | {"shards": tuple(fields["shards"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenGeneration(f"{folder.name}: the manifest cannot be read ({error}). Build it again.") from error


def cluster_id() -> str:
    """The system identifier of this database cluster: a dump that is restored elsewhere gets another one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
        return cursor.fetchone()[0]
