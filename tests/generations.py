"""Generations made by hand, for tests of what becomes of them: real folders and manifests, no rows."""

import secrets
import shutil
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone

from search.build.manifest import write_manifest
from search.models import Bundle, Generation
from search.retrieve.manifest import Manifest, cluster_id


def make_generation(bundle: Bundle, state: str = "ready", *, ok: bool | None = True, **fields) -> Generation:
    """Each one is younger than those before it, as its watermark and its times say."""
    generation_id = f"{timezone.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    watermark, cluster = current_snapshot(), cluster_id()
    folder = Path(settings.SIGHTLINE_INDEX_DIR) / generation_id
    folder.mkdir(parents=True)
    manifest = Manifest(generation_id, bundle.pk, bundle.dim, 0, watermark, cluster, timezone.now().isoformat(), ())
    write_manifest(folder, manifest)
    return Generation.objects.create(
        id=generation_id,
        bundle=bundle,
        state=state,
        **{
            "watermark": watermark,
            "manifest": {"cluster": cluster, "shards": []},
            "recall": {} if ok is None else {"ok": ok, "reasons": [] if ok else ["recall 0.5"]},
            **fields,
        },
    )


def current_snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return cursor.fetchone()[0]


def lose_files(generation: Generation) -> None:
    shutil.rmtree(Path(settings.SIGHTLINE_INDEX_DIR) / generation.pk)
