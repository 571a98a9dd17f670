"""Feeds that come again: made, changed, fetched now, given up. Catalog admins only."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from catalog.feeds.models import FeedSource
from catalog.feeds.schedule import fetch_now
from catalog.feeds.waiting import waiting_imports
from catalog.web.access import catalog_admins_only
from catalog.web.feed_forms import SourceForm


@require_http_methods(["GET", "HEAD", "POST"])
@catalog_admins_only
def source(request: HttpRequest, source_id: int | None = None) -> HttpResponse:
    known = get_object_or_404(FeedSource, pk=source_id) if source_id else None
    form = SourceForm(request.POST or None, instance=known)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        messages.success(request, f"{saved.name} is kept.")
        return redirect("feeds")
    imports = known.imports.order_by("-pk")[:10] if known else []
    waiting = waiting_imports().filter(source=known).first() if known else None
    context = {"form": form, "source": known, "imports": imports, "waiting": waiting}
    return render(request, "feed_source.html", context, status=422 if request.method == "POST" else 200)


@require_POST
@catalog_admins_only
def fetch(request: HttpRequest, source_id: int) -> HttpResponse:
    """Now, to be looked at before it runs."""
    known = get_object_or_404(FeedSource.objects.exclude(kind=FeedSource.Kind.UPLOAD), pk=source_id)
    started = fetch_now(known, actor=request.user.get_username(), run_when_checked=False)
    if started is None:
        known.refresh_from_db()
        messages.error(request, known.last_error)
        return redirect("feeds")
    return redirect("feed", started.pk)


@require_POST
@catalog_admins_only
def delete(request: HttpRequest, source_id: int) -> HttpResponse:
    """Its products and the history of its imports stay."""
    known = get_object_or_404(FeedSource, pk=source_id)
    known.delete()
    messages.success(request, f"{known.name} is given up. Its products have stayed.")
    return redirect("feeds")
