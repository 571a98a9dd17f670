"""What lets the site be installed on a phone and say something without a connection."""

from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    return render(request, "offline.html")


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    return render(request, "sw.js", content_type="text/javascript")


@require_safe
@cache_control(public=True, max_age=86400)
def manifest(request: HttpRequest) -> HttpResponse:
    icons = [("icons/icon-192.png", "192x192", "any"), ("icons/icon-512.png", "512x512", "any maskable")]
    return JsonResponse(
        {
            "name": "Sightline",
            "short_name": "Sightline",
            "description": "Photograph it, tap it, and find it in the shop.",
            "start_url": reverse("home"),
            "display": "standalone",
            "background_color": "#f5f6f4",
            "theme_color": "#101214",
            "icons": [
                {"src": staticfiles_storage.url(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
                for name, sizes, purpose in icons
            ],
        },
        content_type="application/manifest+json",
    )
