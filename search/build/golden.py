"""Is a bundle as good as the live one on the golden set? Measured apart from the shop, kept as an event."""

import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

from search import serving
from search.build.register import note_bundle
from search.errors import NotReady
from search.models import ServingEvent

FLOOR = 0.99  # of what the live one reaches
VERB = "golden"
MAX_S = 3 * 3600


def reasons_against(bundle_id: str, live_id: str | None) -> list[str]:
    """Why the golden set speaks against it; nothing where there is no golden set, or no live bundle to compare with."""
    if not settings.SIGHTLINE_GOLDEN or live_id in (None, bundle_id):
        return []
    own, live = measured(bundle_id), measured(live_id)
    if own is None or live is None:
        return [f"the golden set {settings.SIGHTLINE_GOLDEN} was not measured with it and the live one yet"]
    if own < FLOOR * live:
        return [f"it reaches {own:.4f} on the golden set, less than {FLOOR} of the live one's {live:.4f}"]
    return []


def measured(bundle_id: str) -> float | None:
    events = ServingEvent.objects.filter(verb=VERB, bundle_id=bundle_id, detail__folder=str(settings.SIGHTLINE_GOLDEN))
    event = events.order_by("-pk").first()
    return None if event is None else event.detail["score"]


def measure(bundle_id: str, actor: str) -> float:
    """nDCG@10 over all queries of the golden set, in a shop of its own. Takes minutes. Raises NotReady."""
    folder = serving.find_folder(bundle_id)
    if folder is None:
        raise NotReady(f"The files of bundle {bundle_id} are not on this machine.")
    golden = str(settings.SIGHTLINE_GOLDEN)
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "evaluate", golden, "--json"]
    environment = {**os.environ, "SIGHTLINE_BUNDLE": str(Path(folder).resolve())}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=MAX_S)
    if done.returncode:
        raise NotReady(f"The golden set {golden} cannot be measured. `manage.py evaluate {golden}` says why.")
    score = overall(json.loads(done.stdout))
    note_bundle(VERB, actor, bundle_id, folder=golden, score=score)
    return score


def measure_missing(bundle_ids: list[str], actor: str) -> None:
    """What reasons_against() needs to know, where there is a golden set."""
    for bundle_id in bundle_ids if settings.SIGHTLINE_GOLDEN else ():
        if measured(bundle_id) is None:
            measure(bundle_id, actor)


def overall(figures: dict) -> float:
    """Mean nDCG@10 of photo and text queries; a query without an answer counts as 0."""
    parts = [figures[name] for name in ("same_product", "text", "photo_and_text") if figures[name]["queries"]]
    if not parts:
        raise NotReady("The golden set has no query that can be asked.")
    return sum(part["ndcg_at_10"] * part["queries"] for part in parts) / sum(part["queries"] for part in parts)
