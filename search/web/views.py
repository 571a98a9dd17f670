"""The pages around the photo: home, text search, products. Each door parses, calls one function, renders."""

from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from catalog.models import Product
from search.errors import SearchError
from search.known import page_of
from search.pipeline import find_products, record_click
from search.types import Query
from search.web.forms import SearchForm
from search.web.listing import NEAREST, PAGE_SIZE, leaves, listing, nobody_calls_it_so, page_or_part
from search.web.problems import in_plain_words
from search.web.samples import samples
from search.web.visitors import as_visitor

HOME_CATEGORIES = 32
PHOTO_DELETED = "Your photo is deleted."


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    notice = PHOTO_DELETED if request.GET.get("photo") == "deleted" else ""
    context = {"samples": samples(), "categories": leaves()[:HOME_CATEGORIES], "notice": notice}
    return render(request, "home.html", context)


@require_safe
@in_plain_words
@cache_control(private=True, no_cache=True)
def text_search(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    answer = None
    if form.is_valid() and form.cleaned_data["q"]:
        asked = form.cleaned_data
        query = Query(text=asked["q"], filters=form.filters(), limit=PAGE_SIZE, cursor=asked["cursor"] or None)
        answer = find_products(as_visitor(request, query))
    words = form.cleaned_data.get("q", "")
    unnamed = nobody_calls_it_so(answer) and not form.cleaned_data.get("cursor")
    heading = f"Nothing here is called “{words[:60]}”. {NEAREST}" if unnamed else f"Results for “{words[:60]}”"
    context = listing(request, form, answer, heading) | ({"badge": ""} if unnamed else {})
    return page_or_part(request, "text_search.html", context, answer)


@require_safe
@in_plain_words
@cache_control(private=True, no_cache=True)
def product(request: HttpRequest, product_id: int) -> HttpResponse:
    log_click(request, product_id)
    return render(request, "product.html", {"product": product_or_404(product_id), "back_url": results_before(request)})


@require_safe
@in_plain_words
@cache_control(private=True, no_cache=True)
def similar(request: HttpRequest, product_id: int) -> HttpResponse:
    form = SearchForm(request.GET)
    form.is_valid()
    cursor = form.cleaned_data.get("cursor") or None
    shown = product_or_404(product_id)
    answer = find_products(as_visitor(request, Query(product_id=product_id, limit=12, cursor=cursor)))
    context = {**listing(request, form, answer, "More like this"), "product": shown, "badge": ""}
    return page_or_part(request, "similar.html", context, answer)


def product_or_404(product_id: int):
    try:
        return page_of(product_id)
    except Product.DoesNotExist:
        raise Http404 from None


def log_click(request: HttpRequest, product_id: int) -> None:
    """A hit that was followed, with the search it came from. A link that is no longer known must still open."""
    query_id, rank = request.GET.get("from"), request.GET.get("rank", "")
    if query_id and rank.isdecimal() and len(rank) < 6:
        try:
            record_click(query_id, product_id, int(rank))
        except SearchError:
            return


def results_before(request: HttpRequest) -> str | None:
    """The page of results that led here, from the Referer, which browsers send within this site only."""
    referer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referer, allowed_hosts={request.get_host()}):
        return None
    where = urlsplit(referer)
    is_results = where.path.startswith(("/photo/", "/search/")) and where.path != reverse("upload")
    return f"{where.path}?{where.query}" if is_results else None
