"""Is it alive, can it answer, and what do the numbers say."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from webapp import readiness
from webapp.numbers import DatabaseNumbers, OnlyThese

PARTS = ("database", "queue", "bundle", "generation", "hot", "catalog")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Each part by itself; 503 as long as one is not ready. What is degraded is said, and no reason to stay away."""
    found = readiness.check_all()
    ready = all(found[part]["ok"] for part in PARTS)
    response = JsonResponse({"ready": ready, **found}, status=200 if ready else 503)
    response._has_been_logged = True  # a probe that asks every second would fill the log while the index is built
    return response


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' text format: what this process counted, then what the database knows."""
    text = generate_latest(REGISTRY) + generate_latest(OnlyThese(DatabaseNumbers()))
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)
