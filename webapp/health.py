"""Is it alive, can it answer, and what do the numbers say."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest

from catalog.models import Image
from webapp import readiness

IMAGES = Gauge("sightline_images", "Catalog pictures by state", ["status"])
OLDEST = Gauge("sightline_oldest_unsearchable_image_seconds", "Age of the oldest picture that waits for the index")
WORKERS = Gauge("sightline_workers", "Workers with a fresh heartbeat")
JOBS = Gauge("sightline_jobs", "Jobs that wait or run")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Each part by itself; 503 as long as one is not ready."""
    parts = readiness.check_all()
    ready = all(part["ok"] for part in parts.values())
    response = JsonResponse({"ready": ready, **parts}, status=200 if ready else 503)
    response._has_been_logged = True  # a probe that asks every second would fill the log while the index is built
    return response


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format: the stages of the query path, and the catalog's way into the index."""
    counts = readiness.image_counts()
    for status in Image.Status:
        IMAGES.labels(status.value).set(counts[status])
    OLDEST.set(readiness.oldest_waiting_s())
    queue = readiness.queue()
    WORKERS.set(queue["workers"])
    JOBS.set(queue["jobs"])
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)
