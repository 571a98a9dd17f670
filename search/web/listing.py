"""What a list of results needs around it: the links to more, the filters in use, the sentence read aloud."""

from dataclasses import dataclass
from itertools import zip_longest

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers

from catalog.tree import CategoryNode, category_tree
from search.respond.answer import AS_LAST_KNOWN
from search.types import Answer
from search.web.forms import SearchForm
from search.web.problems import wants_part

PAGE_SIZE = 24
NEAREST = "The nearest that we have"


@dataclass(frozen=True, slots=True)
class Tag:
    """A filter in use, and the address without it."""

    label: str
    href: str


def listing(request: HttpRequest, form: SearchForm, answer: Answer | None, heading: str) -> dict:
    """The context that refine.html and cards.html share. Call after form.is_valid()."""
    on_later_page = bool(form.cleaned_data.get("cursor"))
    unsold = closeness_of(answer) == "nothing_close"
    heading = NEAREST if unsold else heading
    return {
        "form": form,
        "answer": answer,
        "as_last_known": answer is not None and AS_LAST_KNOWN in answer.degraded,
        "heading": heading,
        "announce": announcement(answer, heading),
        "badge": "" if on_later_page else badge(answer),
        "unsold": unsold,
        "category_tree": tree_in_order(),
        "applied": tags(request, form),
        "more_url": address(request, cursor=answer.next_cursor) if answer and answer.next_cursor else None,
        "first_url": address(request, cursor=None) if on_later_page else None,
    }


def closeness_of(answer: Answer | None) -> str:
    """exact, similar or nothing_close; empty where it cannot be told."""
    judged = answer.understanding.get("closeness") if answer else None
    return judged["kind"] if judged else ""


def nobody_calls_it_so(answer: Answer | None) -> bool:
    """A search by words that no product holds: its results are near by meaning alone. False where nobody knows."""
    return bool(answer and answer.results) and all(card.scores.get("words") == 0 for card in answer.results)


def badge(answer: Answer | None) -> str:
    """On the first card."""
    return {"exact": "Looks like the one", "nothing_close": ""}.get(closeness_of(answer), "Best match")


def page_or_part(request: HttpRequest, template: str, context: dict, answer: Answer | None) -> HttpResponse:
    """The whole page; for HTMX its results; for HTMX asking for more, only the further cards."""
    name, part = template, wants_part(request)
    if part:
        name = "cards.html#rows" if answer and request.GET.get("cursor") else f"{template}#results"
    response = render(request, name, {**context, "part": part}, status=422 if context["form"].errors else 200)
    patch_vary_headers(response, ["HX-Request", "HX-History-Restore-Request"])
    return response


def announcement(answer: Answer | None, heading: str) -> str:
    if answer is None:
        return ""
    count = len(answer.results)
    if not count:
        return f"No results. {heading}"
    unsold = "We do not seem to sell this. " if closeness_of(answer) == "nothing_close" else ""
    return f"{unsold}{count}{' or more' if answer.next_cursor else ''} result{'' if count == 1 else 's'}. {heading}"


def tags(request: HttpRequest, form: SearchForm) -> list[Tag]:
    asked = form.cleaned_data
    names = {node.slug: node.name for node in category_tree()}
    labels = {
        "category": names.get(asked.get("category"), asked.get("category")),
        "price_min": asked.get("price_min") is not None and f"from {asked['price_min']}",
        "price_max": asked.get("price_max") is not None and f"up to {asked['price_max']}",
        "in_stock": asked.get("in_stock") and "in stock",
        "seller": asked.get("seller") and f"sold by {asked['seller']}",
    }
    return [Tag(label, address(request, cursor=None, **{name: None})) for name, label in labels.items() if label]


def address(request: HttpRequest, **changes: str | None) -> str:
    """This page's address with some parameters changed, or dropped where None; empty ones never appear."""
    parameters = request.GET.copy()
    for name, value in changes.items():
        if value is None:
            parameters.pop(name, None)
        else:
            parameters[name] = value
    for name in [name for name, value in parameters.items() if value == ""]:
        del parameters[name]
    return f"{request.path}?{parameters.urlencode()}" if parameters else request.path


def tree_in_order() -> list[CategoryNode]:
    """The category tree with each node right above its children, whatever the database's collation makes of " > "."""
    return sorted(category_tree(), key=lambda node: node.path.split(" > "))


def leaves() -> list[CategoryNode]:
    """Categories that have none below them, for browsing."""
    tree = tree_in_order()
    return [node for node, after in zip_longest(tree, tree[1:]) if not (after and after.depth > node.depth)]
