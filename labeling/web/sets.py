"""Golden sets and data sets of hard negatives, for leads: what there is, what was measured, where each line is from."""

import io
import re

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe
from PIL import Image
from procrastinate.exceptions import AlreadyEnqueued

from labeling import mine
from labeling.models import Dataset, GoldenSet
from labeling.sets import ROWS_A_PAGE, about, files_of, folder_of, golden_line, golden_lines, triplets
from labeling.tasks import score_golden_set
from labeling.web.access import leads_only, raters_only
from ml.evaluate.golden import POOLS
from ml.evaluate.trec import qrels_text
from ml.images import to_jpeg
from search.evaluate.golden_figures import NAMES, RIGHT_FROM

PICTURE = re.compile(r"(photos|images)/[0-9a-f]{64}\.jpg")
THUMB_PX = 240
KEPT = {"Cache-Control": "private, max-age=31536000, immutable"}


@require_safe
@leads_only
def golden_sets(request: HttpRequest) -> HttpResponse:
    return render(request, "label_golden_sets.html", {"lines": golden_lines()})


@require_safe
@leads_only
def golden_set(request: HttpRequest, name: str, sha256: str) -> HttpResponse:
    row = set_or_404(name, sha256)
    versions = GoldenSet.objects.filter(name=name)
    context = {
        "row": row,
        "line": golden_line(row),
        "files": files_of(row),
        "versions": versions,
        "newest": versions.first() == row,
        "projects": row.projects.order_by("name"),
        "right_from": RIGHT_FROM["similar"],
    }
    return render(request, "label_golden_set.html", context)


@require_POST
@leads_only
def measure(request: HttpRequest, name: str, sha256: str) -> HttpResponse:
    """The worker does it."""
    row = set_or_404(name, sha256)
    try:
        with transaction.atomic():
            score_golden_set.configure(queueing_lock=f"score {row.pk}").defer(golden_id=row.pk, actor=str(request.user))
        messages.success(request, "The worker measures what is live. That takes minutes; load this page again then.")
    except AlreadyEnqueued:
        messages.info(request, "It waits for the worker already.")
    return redirect("golden_set", name=name, sha256=row.sha256[:12])


@require_safe
@leads_only
def qrels(request: HttpRequest, name: str, sha256: str, pool: str) -> HttpResponse:
    """TREC's form, to be saved as a file."""
    found = files_of(set_or_404(name, sha256))
    pools = {NAMES[each]: each for each in POOLS}
    if isinstance(found, str) or pool not in pools:
        raise Http404
    file = f"{name}-{found.sha256[:12]}-{pool}.qrels"
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return HttpResponse(qrels_text(found.qrels(pools[pool])), content_type="text/plain; charset=utf-8", headers=headers)


@require_safe
@leads_only
def datasets(request: HttpRequest) -> HttpResponse:
    return render(request, "label_datasets.html", {"rows": Dataset.objects.all()})


@require_safe
@leads_only
def dataset(request: HttpRequest, name: str, version: int) -> HttpResponse:
    row = get_object_or_404(Dataset, name=name, version=version)
    page = Paginator(range(row.rows), ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {"row": row, "about": about(row), "page": page, "triplets": triplets(row, page.number)}
    return render(request, "label_dataset.html", context)


@require_safe
@leads_only
def picture(request: HttpRequest, name: str, version: int, path: str) -> HttpResponse:
    """Small, and of an anchor with ?bbox= what is inside of the box."""
    row = get_object_or_404(Dataset, name=name, version=version)
    if not PICTURE.fullmatch(path) or not (file := folder_of(row) / path).is_file():
        raise Http404
    image = Image.open(io.BytesIO(file.read_bytes())).convert("RGB")
    x1, y1, x2, y2 = box_in(image, request.GET.get("bbox", ""))
    if x2 > x1 and y2 > y1:
        image = image.crop((x1, y1, x2, y2))
    return HttpResponse(to_jpeg(image, max_side_px=THUMB_PX), content_type="image/jpeg", headers=KEPT)


def box_in(image: Image.Image, text: str) -> tuple[int, ...]:
    """ "[40.0, 12, 310, 280]", cut at the picture's rim; all zeros for what is no box."""
    try:
        x1, y1, x2, y2 = (round(float(edge)) for edge in text.strip("[]() ").split(","))
    except (ValueError, OverflowError):
        return (0,) * 4
    return max(x1, 0), max(y1, 0), min(x2, image.width), min(y2, image.height)


@require_safe
@raters_only
def my_verdicts(request: HttpRequest) -> HttpResponse:
    """Whoever judges sees their own alone."""
    page, lines = mine.my_verdicts(request.user.pk, request.GET.get("page"))
    return render(request, "label_my_verdicts.html", {"page": page, "lines": lines})


def set_or_404(name: str, sha256: str) -> GoldenSet:
    row = GoldenSet.objects.filter(name=name, sha256__startswith=sha256).first()
    if row is None:
        raise Http404
    return row
