"""A new generation the whole way: built or merged, verified, and live if that was asked for."""

from collections.abc import Callable
from dataclasses import dataclass

from search.build.build import build
from search.build.merge import merge
from search.build.promote import promote
from search.build.split import By
from search.build.verify import VerifyReport, verify
from search.models import Generation


@dataclass(frozen=True, slots=True)
class Renewed:
    """`row` as it is afterwards: live, ready, or failed with the reasons in `report`."""

    row: Generation
    report: VerifyReport


def renew(
    bundle_id: str,
    actor: str,
    *,
    from_all_rows: bool = False,
    shards: int | None = None,
    by: By = "hash",
    go_live: bool = False,
    progress: Callable[[str, int, int], None] | None = None,
) -> Renewed:
    """Merges what is newer into the live generation, or reads all rows. Raises IndexRefused."""
    if from_all_rows:
        row = build(bundle_id, actor=actor, shards=shards, by=by, progress=progress)
    else:
        row = merge(bundle_id, actor=actor, progress=progress)
    if progress:
        progress("verifying", 0, 0)
    report = verify(row.pk, actor=actor)
    if report.passed and go_live:
        promote(row.pk, actor)
    row.refresh_from_db()
    return Renewed(row, report)
