"""The shopper's pages. Each door parses, calls one function of the pipeline, and renders a page or its part."""

from urllib.parse import urlsplit

from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from catalog.models import Product
from catalog.queries import product_page
from search.errors import SearchError
from search.photos import read_jpeg
from search.pipeline import find_objects, find_products, record_click, reopen_objects
from search.types import Answer, Box, FoundObjects, Query
from search.web.forms import SearchForm
from search.web.frames import Frame, frame_of, frames_of, named_by, nudges_of
from search.web.listing import PAGE_SIZE, address, leaves, listing
from search.web.problems import Problem, in_plain_words, render_problem, wants_part
from search.web.rates import wait_before_upload_s
from search.web.samples import sample_or_404, samples

HOME_CATEGORIES = 32
NO_PHOTO = Problem(422, "No photo came with that", "Choose a photo first, then send it.", retry=False)
TOO_FAST = Problem(
    429, "That was quick", "So many photos at once are too much for us. Try again in a moment.", retry=True
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "home.html", {"samples": samples(), "categories": leaves()[:HOME_CATEGORIES]})


@in_plain_words
def upload(request: HttpRequest) -> HttpResponse:
    """A photo in, its page out. The uploading script gets the address in Location, a plain form is sent there."""
    if request.method != "POST":
        return redirect("home")
    if wait_s := wait_before_upload_s(request):
        return render_problem(request, TOO_FAST, wait_s)
    if (sent := request.FILES.get("image")) is None:
        return render_problem(request, NO_PHOTO)
    return to_photo(request, find_objects(sent.read()))


@require_POST
@in_plain_words
def sample(request: HttpRequest, number: int) -> HttpResponse:
    if wait_s := wait_before_upload_s(request):
        return render_problem(request, TOO_FAST, wait_s)
    return to_photo(request, find_objects(sample_or_404(number).path.read_bytes()))


@require_safe
@cache_control(public=True, max_age=3600)
def sample_image(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(sample_or_404(number).path.read_bytes(), content_type="image/jpeg")


def to_photo(request: HttpRequest, found: FoundObjects) -> HttpResponse:
    where = reverse("photo", args=[found.photo])
    return HttpResponse(status=201, headers={"Location": where}) if wants_part(request) else redirect(where)


@require_safe
@in_plain_words
@cache_control(private=True, no_cache=True)
def photo(request: HttpRequest, token: str) -> HttpResponse:
    """The photo with its boxes; with ?box= or ?bbox= also what the shop has that looks like it."""
    found = reopen_objects(token)
    form = SearchForm(request.GET)
    valid = form.is_valid()
    chosen, bbox = choose(found, form)
    answer = None
    if valid and chosen:
        answer = find_products(photo_query(token, bbox, form))
        chosen = named_by(answer, chosen)
    nudges = [{"key": n.key, "label": n.label, "href": address(request, box=None, cursor=None, bbox=n.bbox)}
              for n in nudges_of(found, bbox)] if chosen else []  # fmt: skip
    guess = found.fallback and not form.cleaned_data.get("bbox")
    heading = "Our best guess" if guess else chosen.heading if chosen else ""
    context = {
        **listing(request, form, answer, heading),
        "found": found,
        "photo_url": reverse("photo_image", args=[token]),
        "boxes": [] if found.fallback else frames_of(found, chosen),
        "chosen": chosen,
        "nudges": nudges,
        "guess": guess,
    }
    return page_or_part(request, "photo.html", context, answer)


def choose(found: FoundObjects, form: SearchForm) -> tuple[Frame | None, Box | None]:
    """The frame to search in: the shopper's own, else the tapped box, else the only one there is."""
    asked = form.cleaned_data
    if bbox := asked.get("bbox"):
        return frame_of(found, bbox), bbox
    number = asked.get("box")
    if number is None and (found.fallback or len(found.objects) == 1):
        number = 1
    if number is None or number > len(found.objects):
        return None, None
    tapped = found.objects[number - 1]
    if found.fallback:
        return frame_of(found, tapped.bbox), tapped.bbox
    return frame_of(found, tapped.bbox, number, tapped.label), tapped.bbox


def photo_query(token: str, bbox: Box, form: SearchForm) -> Query:
    asked = form.cleaned_data
    return Query(
        photo=token,
        bbox=bbox,
        text=asked["q"] or None,
        filters=form.filters(),
        limit=PAGE_SIZE,
        cursor=asked["cursor"] or None,
    )


@require_safe
@in_plain_words
@cache_control(private=True, max_age=3600)
def photo_image(request: HttpRequest, token: str) -> HttpResponse:
    return HttpResponse(read_jpeg(token), content_type="image/jpeg")


@require_safe
@in_plain_words
@cache_control(private=True, no_cache=True)
def text_search(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    answer = None
    if form.is_valid() and form.cleaned_data["q"]:
        asked = form.cleaned_data
        answer = find_products(
            Query(text=asked["q"], filters=form.filters(), limit=PAGE_SIZE, cursor=asked["cursor"] or None)
        )
    words = form.cleaned_data.get("q", "")
    context = listing(request, form, answer, f"Results for “{words[:60]}”")
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
    answer = find_products(Query(product_id=product_id, limit=12, cursor=cursor))
    context = {**listing(request, form, answer, "More like this"), "product": shown, "ranked": False}
    return page_or_part(request, "similar.html", context, answer)


def product_or_404(product_id: int):
    try:
        return product_page(product_id)
    except Product.DoesNotExist:
        raise Http404 from None


def page_or_part(request: HttpRequest, template: str, context: dict, answer: Answer | None) -> HttpResponse:
    """The whole page; for HTMX its results; for HTMX asking for more, only the further cards."""
    name = template
    if wants_part(request):
        name = "cards.html#rows" if answer and request.GET.get("cursor") else f"{template}#results"
    response = render(request, name, context, status=422 if context["form"].errors else 200)
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return response


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
