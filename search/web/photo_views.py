"""A shopper's photo: in, with its boxes, and what matches the one that was tapped."""

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from search.photos import discard, read_jpeg, row_of
from search.pipeline import find_objects, find_products, reopen_objects
from search.types import Box, FoundObjects, Query
from search.web.forms import SearchForm
from search.web.frames import Frame, frame_of, frames_of, named_by, nudges_of
from search.web.listing import PAGE_SIZE, address, listing, page_or_part
from search.web.problems import Problem, in_plain_words, render_problem, wants_part
from search.web.rates import wait_before_upload_s
from search.web.samples import sample_or_404
from search.web.visitors import as_visitor

NO_PHOTO = Problem(422, "No photo came with that", "Choose a photo first, then send it.", retry=False)
TOO_FAST = Problem(
    429, "That was quick", "So many photos at once are too much for us. Try again in a moment.", retry=True
)


@in_plain_words
def upload(request: HttpRequest) -> HttpResponse:
    """A photo in, its page out. The uploading script gets the address in Location, a plain form is sent there."""
    if request.method != "POST":
        return redirect("home")
    if wait_s := wait_before_upload_s(request):
        return render_problem(request, TOO_FAST, wait_s)
    if (sent := request.FILES.get("image")) is None:
        return render_problem(request, NO_PHOTO)
    return to_photo(request, find_objects(sent.read(), consented=request.POST.get("keep") == "1"))


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
    guess = found.fallback and not form.cleaned_data.get("bbox")
    answer = None
    if valid and chosen:
        answer = find_products(as_visitor(request, photo_query(token, None if guess else bbox, form)))
        chosen = named_by(answer, chosen)
    heading = "Our best guess" if guess else chosen.heading if chosen else ""
    context = {
        **listing(request, form, answer, heading),
        "found": found,
        "photo_url": reverse("photo_image", args=[token]),
        "boxes": [] if found.fallback else frames_of(found, chosen),
        "chosen": chosen,
        "nudges": nudge_links(request, found, bbox),
        "guess": guess,
        "kept_until": kept_until(token),
    }
    return page_or_part(request, "photo.html", context, answer)


def kept_until(token: str) -> datetime | None:
    """Of a photo that its shopper left to the shop; None for any other."""
    row = row_of(token)
    return row.expires_at if row.consented else None


@require_POST
@in_plain_words
def delete_photo(request: HttpRequest, token: str) -> HttpResponse:
    """Gone at once, with all copies. Whoever has the photo's address may do it: nobody else has it."""
    discard(token)
    return redirect(f"{reverse('home')}?photo=deleted")


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


def nudge_links(request: HttpRequest, found: FoundObjects, bbox: Box | None) -> list[dict[str, str]]:
    """The ways to change the frame without dragging it, each as a link to its results."""
    nudges = nudges_of(found, bbox) if bbox else []
    return [
        {"key": each.key, "label": each.label, "href": address(request, box=None, cursor=None, bbox=each.bbox)}
        for each in nudges
    ]


def photo_query(token: str, bbox: Box | None, form: SearchForm) -> Query:
    """Without a bbox the pipeline searches in all of its guesses."""
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
