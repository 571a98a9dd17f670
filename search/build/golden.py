"""Is a bundle as good as the live one on the golden set? Measured, and kept as an event.

A golden set (docs/golden-sets.md) is asked in this shop itself, an evaluation folder in a shop of its own.
"""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from search import serving
from search.build.register import note_bundle
from search.errors import NotReady, UnknownGoldenSet
from search.golden_sets import full_name, resolve
from search.models import ServingEvent

FLOOR = 0.99  # of what the live one reaches
VERB = "golden"
MAX_S = 3 * 3600
KEPT_FOR = timedelta(days=1)  # a shop's catalog changes, and with it what its own golden set measures
MEASURE_BUNDLE = "search.evaluate.score.measure_bundle"  # by name: it asks whole searches, which lie above
FOLDER_FIGURE = "nDCG@10"


def reasons_against(bundle_id: str, live_id: str | None, golden_set: str = "") -> list[str]:
    """Why the golden set speaks against it; nothing where none is named, or no live bundle is there to compare with."""
    golden_set = golden_set or str(settings.SIGHTLINE_GOLDEN)
    if not golden_set or live_id in (None, bundle_id):
        return []
    try:
        own, live = measured(bundle_id, golden_set), measured(live_id, golden_set)
    except UnknownGoldenSet as error:
        return [error.detail]
    if own is None or live is None:
        return [f"the golden set {golden_set} was not measured with it and the live one yet"]
    return [worse(name, own.get(name, 0.0), score) for name, score in live.items() if is_worse(own.get(name), score)]


def is_worse(own: float | None, live: float) -> bool:
    return (own or 0.0) < FLOOR * live


def worse(name: str, own: float, live: float) -> str:
    return f"it reaches {own:.4f} on the golden set ({name}), less than {FLOOR} of the live one's {live:.4f}"


def measured(bundle_id: str, golden_set: str) -> dict[str, float] | None:
    """{figure: score} as last measured with the bundle as it serves; None where it was not, or not lately."""
    events = ServingEvent.objects.filter(
        verb=VERB, bundle_id=bundle_id, generation_id="", detail__folder=full_name(golden_set)
    )
    whole = Q(detail__missing=0) | Q(detail__missing__isnull=True)
    event = events.filter(whole).order_by("-pk").first()
    if event is None or ("scores" in event.detail and event.at < timezone.now() - KEPT_FOR):
        return None
    return event.detail["scores"] if "scores" in event.detail else {FOLDER_FIGURE: event.detail["score"]}


def measure(bundle_id: str, actor: str, golden_set: str = "") -> dict[str, float]:
    """The figures that decide. Takes minutes. Raises NotReady, UnknownGoldenSet."""
    golden_set = golden_set or str(settings.SIGHTLINE_GOLDEN)
    if isinstance(found := resolve(golden_set), Path):
        return measure_in_folder(bundle_id, actor, found)
    if serving.find_folder(bundle_id) is None:
        raise NotReady(f"The files of bundle {bundle_id} are not on this machine.")
    return import_string(MEASURE_BUNDLE)(golden_set, bundle_id, actor)


def measure_in_folder(bundle_id: str, actor: str, golden: Path) -> dict[str, float]:
    """nDCG@10 over all queries of an evaluation folder, in a shop of its own. Raises NotReady."""
    folder = serving.find_folder(bundle_id)
    if folder is None:
        raise NotReady(f"The files of bundle {bundle_id} are not on this machine.")
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "evaluate", str(golden), "--json"]
    environment = {**os.environ, "SIGHTLINE_BUNDLE": str(Path(folder).resolve())}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=MAX_S)
    if done.returncode:
        raise NotReady(f"The golden set {golden} cannot be measured. `manage.py evaluate {golden}` says why.")
    score = overall(json.loads(done.stdout))
    note_bundle(VERB, actor, bundle_id, folder=str(golden), score=score)
    return {FOLDER_FIGURE: score}


def measure_missing(bundle_ids: list[str], actor: str, golden_set: str = "") -> None:
    """What reasons_against() needs to know, where there is a golden set. Raises NotReady, UnknownGoldenSet."""
    golden_set = golden_set or str(settings.SIGHTLINE_GOLDEN)
    for bundle_id in bundle_ids if golden_set else ():
        if measured(bundle_id, golden_set) is None:
            measure(bundle_id, actor, golden_set)


def overall(figures: dict) -> float:
    """Mean nDCG@10 of photo and text queries; a query without an answer counts as 0."""
    parts = [figures[name] for name in ("same_product", "text", "photo_and_text") if figures[name]["queries"]]
    if not parts:
        raise NotReady("The golden set has no query that can be asked.")
    return sum(part["ndcg_at_10"] * part["queries"] for part in parts) / sum(part["queries"] for part in parts)
