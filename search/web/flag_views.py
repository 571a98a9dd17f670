"""The button on a card: this is not a match. And the one that takes it back."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from search.errors import SearchError
from search.pipeline import record_flag
from search.web.problems import Problem, in_plain_words, problem_of, render_problem, wants_part
from search.web.rates import wait_before_flag_s
from search.web.views import product_or_404, results_before

TOO_FAST = Problem(429, "That was quick", "So many at once are too much for us. Try again in a moment.", retry=True)


class FlagForm(forms.Form):
    product = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    withdraw = forms.BooleanField(required=False)


@require_POST
@in_plain_words
def not_a_match(request: HttpRequest, query_id: str) -> HttpResponse:
    """The button in its other state; without scripts a page that says so, with the way back and the undoing."""
    form = FlagForm(request.POST)
    if not form.is_valid():
        return refused(request, query_id, Problem(422, "That did not work", "No product was named.", retry=False))
    product_id, withdrawn = form.cleaned_data["product"], form.cleaned_data["withdraw"]
    if wait_s := wait_before_flag_s(request):
        return refused(request, query_id, TOO_FAST, product_id, wait_s)
    try:
        record_flag(str(query_id), product_id, withdrawn)
    except SearchError as error:
        return refused(request, query_id, problem_of(error), product_id)
    context = {"query_id": query_id, "product_id": product_id, "said_no": not withdrawn}
    if wants_part(request):
        return render(request, "not_a_match.html#flag", context)
    back = own_page(request.POST.get("back", "")) or results_before(request)
    return render(request, "not_a_match.html", context | {"product": product_or_404(product_id), "back_url": back})


def own_page(address: str) -> str | None:
    """What the form brought along, where it is a page of results of ours."""
    return address if address.startswith(("/photo/", "/search/", "/products/")) else None


def refused(request: HttpRequest, query_id, problem: Problem, product_id=None, wait_s=None) -> HttpResponse:
    """Beside the button, which can be pressed again; a whole page without scripts."""
    if not wants_part(request) or product_id is None:
        return render_problem(request, problem, wait_s)
    context = {"query_id": query_id, "product_id": product_id, "said_no": False, "trouble": problem.text}
    return render(request, "not_a_match.html#flag", context, status=problem.status)
