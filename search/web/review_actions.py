"""The decisions of the review page: parse, authorise, call one function, lead to the next case."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from catalog.errors import CatalogError
from catalog.history import by as named
from catalog.history import recorded
from catalog.models import Image
from catalog.review import pairs, services, undo
from catalog.review.models import LACKING, Decision
from catalog.services import requeue
from catalog.web.access import catalog_admins_only
from search.web.review import LISTS, QUEUES, page_after

PICTURE_VERDICTS = {
    "allow": (services.allow_picture, "shown"),
    "reject": (services.reject_picture, "taken out"),
    "block": (services.block_picture, "blocked everywhere"),
}
MOST_SKUS = 50


def action(view: Callable[..., tuple[str, str]]) -> Callable[..., HttpResponse]:
    """A door's decorator: POST by catalog admins. `view` returns what to say and where to go on."""

    @require_POST
    @catalog_admins_only
    @wraps(view)
    def door(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        try:
            with recorded(named(request.user), "Review", request.user):
                said, page = view(request, request.user.get_username(), *args, **kwargs)
            messages.success(request, said)
        except CatalogError as error:
            messages.error(request, error.detail)
            page = page_after(queue_of(request), request.POST.get("at", 0))
        return redirect(page)

    return door


def queue_of(request: HttpRequest) -> str:
    queue = request.POST.get("queue", "")
    return queue if queue in QUEUES or queue in LISTS else "held"


@action
def picture(request: HttpRequest, by: str, image_id: int, verdict: str) -> tuple[str, str]:
    queue = queue_of(request)
    if verdict == "retry":
        requeue(Image.objects.filter(pk=image_id))
        return "It is fetched and inspected again.", page_after(queue, image_id)
    if verdict not in PICTURE_VERDICTS:
        raise Http404
    decide, done = PICTURE_VERDICTS[verdict]
    decision = decide(image_id, by, queue)
    return f"The picture of {decision.subject} is {done}.", page_after(queue, image_id)


@action
def pair(request: HttpRequest, by: str) -> tuple[str, str]:
    skus = request.POST.getlist("sku")[:MOST_SKUS]
    decision = pairs.decide_pairs(skus, request.POST.get("verdict", ""), by)
    return f"{decision.subject}: {decision.said}.", page_after("duplicates", request.POST.get("at", 0))


@action
def suggestion(request: HttpRequest, by: str, product_id: int) -> tuple[str, str]:
    page = page_after("suggestions", product_id)
    if request.POST.get("verdict") == "decline":
        return f"{pairs.decline_suggestion(product_id, by).subject} stays as it is.", page
    category = request.POST.get("category", "")
    attributes = {name: request.POST[name][:120] for name in LACKING if request.POST.get(name)}
    category_id = int(category) if category.isascii() and category.isdecimal() and len(category) < 19 else None
    decision = pairs.accept_suggestion(product_id, category_id, attributes, by)
    return f"{decision.subject} has what was ticked.", page


@action
def take_back(request: HttpRequest, by: str) -> tuple[str, str]:
    decision: Decision = undo.undo_last(by)
    return f"Taken back: {words_of(decision.undoes)}.", page_of(decision.undoes)


def words_of(decision: Decision) -> str:
    return f"{decision.subject}, {decision.said}"


def page_of(decision: Decision) -> str:
    """The case that was decided, to be decided again."""
    queue = decision.queue if decision.queue in QUEUES else "blocklist"
    at = decision.detail.get("image") or decision.detail.get("product") or 1
    return page_after(queue, at - 1)


@action
def withdraw(request: HttpRequest, by: str, rule_id: int) -> tuple[str, str]:
    decision = services.withdraw_rule(rule_id, by)
    return f"The picture of {decision.subject} is off the blocklist.", page_after("blocklist", 0)


@action
def seller(request: HttpRequest, by: str, seller_id: int, verdict: str) -> tuple[str, str]:
    if verdict not in ("block", "unblock"):
        raise Http404
    decision = services.block_seller(seller_id, verdict == "block", by)
    return f"{decision.subject} is {verdict}ed.", page_after("blocklist", 0)
