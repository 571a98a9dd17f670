"""A lead draws a query set from what shoppers really asked."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from labeling.errors import BadProject
from labeling.models import QueryBatch
from labeling.traffic import DAYS, sample_traffic
from labeling.web.access import leads_only


class DrawForm(forms.Form):
    name = forms.CharField(max_length=120, label="Name")
    size = forms.IntegerField(min_value=1, max_value=500, initial=60, label="At most")

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if QueryBatch.objects.filter(name=name).exists():
            raise forms.ValidationError("There is a query set of this name already.")
        return name


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@leads_only
def draw(request: HttpRequest) -> HttpResponse:
    """Leads on to the project builder, where the set is the first to choose."""
    form = DrawForm(request.POST or None, initial={"name": f"Real searches, {timezone.now():%Y-%m-%d %H:%M}"})
    if request.method == "POST" and form.is_valid():
        try:
            batch = sample_traffic(form.cleaned_data["size"], form.cleaned_data["name"])
        except BadProject as error:
            form.add_error(None, error.detail)
        else:
            count = batch.queries.count()
            messages.success(request, f"“{batch.name}” holds {count} quer{'y' if count == 1 else 'ies'}.")
            return redirect("label_new")
    return render(request, "label_draw.html", {"form": form, "days": DAYS}, status=422 if form.is_bound else 200)
