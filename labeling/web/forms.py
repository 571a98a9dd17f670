"""What a lead fills in. What is wrong is said beside its field, and nothing that was filled in is lost."""

from django import forms
from django.conf import settings

from labeling.build import DEMO
from labeling.guidelines import default_guideline
from labeling.models import Guideline, Project, QueryBatch
from labeling.projects import Plan, Search
from search.models import Bundle, Generation

UPLOAD, SET = "upload", "set:"
SERVES = "as it serves now"
ORDERS = [(Project.Order.RANDOM, "all of them, in random order"), (Project.Order.ACTIVE, "no more than it takes")]
MODES = [("similar", "as shoppers get it"), ("same_product", "by likeness alone")]


def search_choices() -> list[tuple[str, str]]:
    """Every bundle that has vectors to search, and every generation that can be opened: the live ones first."""
    bundles = Bundle.objects.exclude(state__in=[Bundle.State.REMOVING, Bundle.State.REMOVED])
    opened = [Generation.State.LIVE, Generation.State.READY, Generation.State.RETIRED]
    generations = list(Generation.objects.filter(state__in=opened).order_by("-created_at"))
    choices = []
    for bundle in sorted(bundles, key=lambda row: row.state != Bundle.State.LIVE):
        choices.append((f"{bundle.pk}|", f"{bundle.pk}, {SERVES} ({bundle.state})"))
        own = [each for each in generations if each.bundle_id == bundle.pk]
        choices += [(f"{bundle.pk}|{each.pk}", f"{bundle.pk}, generation {each.pk} ({each.state})") for each in own]
    return choices


def query_choices() -> list[tuple[str, str]]:
    sets = [(f"{SET}{batch.pk}", batch.name) for batch in QueryBatch.objects.order_by("-pk")]
    demo = [(DEMO, "The demo's golden rooms")] if (settings.BASE_DIR / "demo" / "golden").is_dir() else []
    return [*sets, *demo, (UPLOAD, "A ZIP of photos from this computer")]


def guideline_choices() -> list[tuple[str, str]]:
    latest = Guideline.objects.order_by("name", "-version").distinct("name")
    return [("", "What comes with Sightline"), *((str(row.pk), str(row)) for row in latest)]


class ProjectForm(forms.Form):
    name = forms.CharField(max_length=120, label="Name")
    kind = forms.ChoiceField(choices=Project.Kind.choices, initial="side_by_side", label="Question")
    queries = forms.ChoiceField(label="Queries")
    file = forms.FileField(required=False, label="ZIP file")
    sample = forms.IntegerField(required=False, min_value=1, max_value=5000, initial=40, label="At most")
    system_a = forms.ChoiceField(label="Search")
    mode_a = forms.ChoiceField(choices=MODES, initial="similar", label="Ranked")
    weight_a = forms.IntegerField(min_value=0, max_value=100, initial=60, label="Weight of the photo, %")
    system_b = forms.ChoiceField(label="Search")
    mode_b = forms.ChoiceField(choices=MODES, initial="same_product", label="Ranked")
    weight_b = forms.IntegerField(min_value=0, max_value=100, initial=60, label="Weight of the photo, %")
    k = forms.IntegerField(min_value=1, max_value=25, initial=2, label="Raters for each task")
    results_shown = forms.IntegerField(min_value=1, max_value=20, initial=6, label="Results shown")
    guideline = forms.ChoiceField(required=False, label="Guidelines")
    order = forms.ChoiceField(choices=ORDERS, initial="random", required=False, label="Verdicts")
    gold = forms.IntegerField(min_value=0, max_value=50, initial=10, label="Gold questions, %")
    repeats = forms.IntegerField(min_value=0, max_value=50, initial=5, label="Silent repeats, %")
    lease = forms.IntegerField(min_value=1, max_value=1440, initial=15, label="A task waits for its rater, minutes")
    ship_win = forms.FloatField(min_value=50, max_value=100, initial=55, label="Ships above a win rate of, %")
    ship_p = forms.FloatField(min_value=0.0001, max_value=0.5, initial=0.05, label="where p is below")
    ship_margin = forms.FloatField(min_value=0, max_value=50, initial=5, label="or is not worse by more than, points")

    def __init__(self, *args, **more) -> None:
        super().__init__(*args, **more)
        searches = search_choices()
        for name, choices in {
            "queries": query_choices(),
            "system_a": searches,
            "system_b": searches,
            "guideline": guideline_choices(),
        }.items():
            self.fields[name].choices = choices
        bundles = [value for value, _ in searches if value.endswith("|")]
        if len(bundles) > 1:
            self.fields["system_b"].initial, self.fields["mode_b"].initial = bundles[1], "similar"
        self.fields["file"].widget.attrs |= {"data-most-mb": settings.MAX_BODY_BYTES // 1024 // 1024}
        for name, field in self.fields.items():
            field.widget.attrs |= {"id": f"id_{name}"} | ({"autocomplete": "off"} if name == "name" else {})

    def clean(self) -> dict:
        cleaned = super().clean()
        if cleaned.get("queries") == UPLOAD and not cleaned.get("file"):
            self.add_error("file", "Choose the ZIP file.")
        return cleaned

    def plan(self) -> Plan:
        """Of a valid form."""
        given = self.cleaned_data
        side_by_side = given["kind"] == Project.Kind.SIDE_BY_SIDE
        return Plan(
            name=given["name"].strip(),
            kind=given["kind"],
            guideline=self.chosen_guideline(),
            queries=self.chosen_queries(),
            search_a=self.search("a"),
            search_b=self.search("b") if side_by_side else None,
            k=given["k"],
            sample=given["sample"],
            results_shown=given["results_shown"],
            order=given["order"] or Project.Order.RANDOM,
            gold_share=given["gold"] / 100,
            repeat_share=given["repeats"] / 100,
            lease_s=given["lease"] * 60,
            ship_win_rate=given["ship_win"] / 100,
            ship_p=given["ship_p"],
            ship_margin=given["ship_margin"] / 100,
        )

    def search(self, side: str) -> Search:
        bundle, _, generation = self.cleaned_data[f"system_{side}"].partition("|")
        given = self.cleaned_data
        return Search(bundle, generation, given[f"mode_{side}"], given[f"weight_{side}"] / 100)

    def chosen_guideline(self) -> Guideline:
        chosen = self.cleaned_data["guideline"]
        return Guideline.objects.get(pk=chosen) if chosen else default_guideline(self.cleaned_data["kind"])

    def chosen_queries(self):
        chosen = self.cleaned_data["queries"]
        if chosen.startswith(SET):
            return QueryBatch.objects.get(pk=chosen.removeprefix(SET))
        return self.cleaned_data["file"] if chosen == UPLOAD else DEMO


class GuidelineForm(forms.Form):
    """Examples that are there are kept unless they are struck out; one more can come with each saving."""

    text = forms.CharField(max_length=20_000, widget=forms.Textarea(attrs={"rows": 16}), label="What raters are told")
    picture = forms.FileField(required=False, label="Another picture")
    caption = forms.CharField(max_length=200, required=False, label="What it shows")
    good = forms.ChoiceField(choices=[("yes", "Yes: judge it so"), ("no", "No: not so")], label="As an example of")
