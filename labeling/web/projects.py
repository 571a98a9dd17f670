"""A lead's pages: make a project, watch it, pause and close it, word its guidelines."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from labeling import projects
from labeling.errors import BadProject, BadQuerySet, LabelingError
from labeling.guidelines import new_version
from labeling.models import Project
from labeling.pictures import keep_picture
from labeling.queries import project_line, rater_lines
from labeling.web.access import leads_only
from labeling.web.forms import GuidelineForm, ProjectForm
from labeling.web.judge import examples_of
from ml.errors import ImageRejected

MOVES: dict[str, tuple[Callable[[int], None], str]] = {
    "pause": (projects.pause, "Paused: no more tasks are given."),
    "resume": (projects.resume, "Open again."),
    "close": (projects.close, "Closed. Verdicts that come now do not count."),
    "again": (projects.build_again, "The worker tries once more."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@leads_only
def new(request: HttpRequest) -> HttpResponse:
    form = ProjectForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = projects.create_project(form.plan(), request.user.pk)
        except BadQuerySet as error:
            form.add_error("file", error.detail)
        except BadProject as error:
            form.add_error(None, error.detail)
        else:
            messages.success(request, "The worker reads the queries and asks the systems. Then the project opens.")
            return redirect("label_project", project_id=made.pk)
    context = {"form": form, "most_mb": settings.MAX_BODY_BYTES // 1024 // 1024}
    return render(request, "label_new.html", context, status=422 if form.is_bound else 200)


@require_safe
@never_cache
@leads_only
def project(request: HttpRequest, project_id: int) -> HttpResponse:
    """The page; for HTMX the part that changes while it is built and judged."""
    row = get_object_or_404(
        Project.objects.select_related("guideline", "system_a", "system_b", "batch", "created_by"), pk=project_id
    )
    context = {
        "project": row,
        "line": project_line(row, request.user.pk),
        "raters": rater_lines(row),
        "queries": row.batch.queries.count() if row.batch else 0,
    }
    part = "#now" if request.headers.get("HX-Target") == "now" else ""
    return render(request, f"label_project.html{part}", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@leads_only
def move(request: HttpRequest, project_id: int, verb: str) -> HttpResponse:
    """Pause, resume, try again: one press. Closing is asked about first."""
    if verb not in MOVES:
        raise Http404
    row = get_object_or_404(Project, pk=project_id)
    if request.method != "POST":
        if verb != "close":
            return redirect("label_project", project_id=project_id)
        return render(request, "label_close.html", {"project": row, "line": project_line(row, request.user.pk)})
    act, said = MOVES[verb]
    try:
        act(project_id)
        messages.success(request, said)
    except LabelingError as error:
        messages.error(request, error.detail)
    return redirect("label_project", project_id=project_id)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@leads_only
def edit_guideline(request: HttpRequest, project_id: int) -> HttpResponse:
    """Saving makes a new version, which this project's raters see from then on."""
    row = get_object_or_404(Project.objects.select_related("guideline"), pk=project_id)
    old = row.guideline
    form = GuidelineForm(request.POST or None, request.FILES or None, initial={"text": old.text, "good": "yes"})
    if request.method == "POST" and form.is_valid():
        try:
            examples = kept_examples(request, old.examples) + added_example(form)
        except ImageRejected as error:
            form.add_error("picture", error.detail)
        else:
            latest = new_version(old, form.cleaned_data["text"].replace("\r\n", "\n"), examples, request.user.pk)
            projects.use_guideline(row, latest)
            messages.success(request, f"Raters see {latest} from now on.")
            return redirect("label_project", project_id=row.pk)
    context = {"form": form, "project": row, "guideline": old, "examples": list(enumerate(examples_of(old)))}
    return render(request, "label_edit_guideline.html", context, status=422 if form.is_bound else 200)


def kept_examples(request: HttpRequest, examples: list[dict]) -> list[dict]:
    struck = set(request.POST.getlist("strike"))
    return [example for place, example in enumerate(examples) if str(place) not in struck]


def added_example(form: GuidelineForm) -> list[dict]:
    """Raises ImageRejected."""
    given = form.cleaned_data
    if not given["picture"]:
        return []
    picture = keep_picture(given["picture"].read())
    return [{"picture": picture, "caption": given["caption"].strip(), "good": given["good"] == "yes"}]
