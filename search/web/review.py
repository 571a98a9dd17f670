"""The review page: what waits for a catalog admin, one case at a time, side by side, by keyboard."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from catalog.models import Seller
from catalog.review.kept import read_kept
from catalog.review.models import Inspection
from catalog.review.queries import COUNTED, blocklist, counts, history
from catalog.review.undo import last_decision
from catalog.web.access import catalog_admins_only
from search.errors import Unavailable
from search.insight.cases import LookedThrough, next_case

QUEUES = {
    "held": "Held for safety",
    "duplicates": "Look-alikes",
    "suggestions": "Suggestions",
    "warnings": "Quality",
    "rejected": "Rejected",
}
LISTS = {"blocklist": "Blocked", "history": "Decided"}
LISTED = 60


@require_safe
@never_cache
@catalog_admins_only
def review(request: HttpRequest) -> HttpResponse:
    """To the first queue in which something waits."""
    waiting = counts()
    return redirect("review_queue", next((queue for queue in QUEUES if getattr(waiting, queue)), "held"))


@require_safe
@never_cache
@catalog_admins_only
def queue(request: HttpRequest, queue: str) -> HttpResponse:
    """The page; for HTMX the part with the case."""
    if queue not in QUEUES and queue not in LISTS:
        raise Http404
    context = {"queue": queue, "queues": lines(queue), "last": last_decision(request.user.get_username())}
    if queue in QUEUES:
        context |= case_of(queue, after_of(request))
    elif queue == "history":
        context["lines"] = history(LISTED)
    else:
        context |= {"rules": blocklist()[:LISTED], "sellers": Seller.objects.order_by("-blocked", "name")[:LISTED]}
    if request.headers.get("HX-Target") != "review":
        return render(request, "review.html", context)
    response = render(request, "review.html#review", {**context, "part": True})
    response.headers["HX-Replace-Url"] = request.get_full_path()
    return response


def case_of(queue: str, after: int) -> dict:
    try:
        case = next_case(queue, after)
    except Unavailable as error:  # suggestions need the model and the index
        return {"case": None, "trouble": error.detail}
    return {"case": None, "looked_through": case.at} if isinstance(case, LookedThrough) else {"case": case}


def lines(chosen: str) -> list[dict]:
    waiting = counts()
    return [
        {"name": name, "title": title, "count": in_words(getattr(waiting, name, None)), "chosen": name == chosen}
        for name, title in (QUEUES | LISTS).items()
    ]


def in_words(count: int | None) -> str | None:
    """None for a list that is no queue."""
    if count is None:
        return None
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"


def after_of(request: HttpRequest) -> int:
    """The id of the case that was looked at before; 0 for what is no id."""
    after = request.GET.get("after", "")
    return int(after) if after.isascii() and after.isdecimal() and len(after) < 19 else 0


@require_safe
@never_cache
@catalog_admins_only
def kept_picture(request: HttpRequest, image_id: int) -> HttpResponse:
    """A picture that is in no public place: for those who decide on it alone."""
    name = Inspection.objects.filter(image=image_id).values_list("kept", flat=True).first()
    if not name:
        raise Http404
    try:
        return HttpResponse(read_kept(name), content_type="image/jpeg")
    except FileNotFoundError:
        raise Http404 from None


def page_after(queue: str, after: int | str) -> str:
    return f"{reverse('review_queue', args=[queue])}?after={after}"
