"""A question that a lead wants answered: which of two systems is better, how alike, or the same product?"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Guideline(models.Model):
    """What raters are told, in one version. A version is never edited: another text is another row."""

    name = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=1)
    text = models.TextField(help_text="plain text; an empty line ends a paragraph")
    examples = models.JSONField(default=list, help_text='[{"picture": private storage name, "caption", "good"}]')
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "-version"]
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="one_guideline_per_version")]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"


class System(models.Model):
    """What produced a list of results: a search as it is set up here, or a run that was imported.

    settings: of a search, whatever differs from the shop's default: {"mode", "weights": [image, text]}.
    """

    class Kind(models.TextChoices):
        SEARCH = "search"
        RUN = "run", "imported run"
        PLANTED = "planted", "planted for gold questions"

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SEARCH)
    bundle_id = models.CharField(max_length=120, blank=True, help_text="empty: the live one when it is asked")
    generation_id = models.CharField(max_length=40, blank=True, help_text="empty: what serves the bundle then")
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Project(models.Model):
    """Tasks of one kind, judged by k raters each. building -> open <-> paused -> closed, or failed."""

    class Kind(models.TextChoices):
        SIDE_BY_SIDE = "side_by_side", "Side by side"
        GRADE = "grade", "Grade"
        SAME_PRODUCT = "same_product", "Same product?"

    class State(models.TextChoices):
        BUILDING = "building"
        OPEN = "open"
        PAUSED = "paused"
        CLOSED = "closed"
        FAILED = "failed"

    class Order(models.TextChoices):
        RANDOM = "random", "k verdicts for every task, in random order"
        ACTIVE = "active", "no more than it takes: stop where it is settled"

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.BUILDING)
    k = models.PositiveSmallIntegerField(default=2, help_text="raters per task")
    guideline = models.ForeignKey(Guideline, on_delete=models.PROTECT, related_name="projects")
    system_a = models.ForeignKey(System, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    system_b = models.ForeignKey(System, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey("QueryBatch", null=True, blank=True, on_delete=models.PROTECT, related_name="projects")
    results_shown = models.PositiveSmallIntegerField(default=6, help_text="of each list, or of each query to grade")
    gold_share = models.FloatField(default=0.1, help_text="of a rater's tasks, 0 to 0.5")
    repeat_share = models.FloatField(default=0.05, help_text="of a rater's tasks, 0 to 0.5")
    lease_s = models.PositiveIntegerField(default=900, help_text="how long a task waits for its rater")
    order = models.CharField(max_length=10, choices=Order, default=Order.RANDOM)
    settled = models.JSONField(null=True, blank=True, help_text="active order: what was settled, when, by how much")
    ship_win_rate = models.FloatField(default=0.55, help_text="b ships above this, 0.5 to 1, where p < ship_p")
    ship_p = models.FloatField(default=0.05)
    ship_margin = models.FloatField(default=0.05, help_text="or where it is not worse than 0.5 by more than this")
    pool_depth = models.PositiveSmallIntegerField(
        default=10, help_text="unjudged results of a measured search that are asked for by themselves, to this rank"
    )
    progress = models.JSONField(default=dict, blank=True, help_text="while it is built: stage, done, total")
    problems = models.JSONField(default=list, blank=True, help_text="what could not be used, in words")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        permissions = [("rate", "Can judge results"), ("lead", "Can lead judging")]
        constraints = [
            models.CheckConstraint(condition=Q(k__gte=1, k__lte=25), name="from_1_to_25_raters"),
            models.CheckConstraint(
                condition=Q(gold_share__gte=0, gold_share__lte=0.5, repeat_share__gte=0, repeat_share__lte=0.5),
                name="shares_up_to_a_half",
            ),
            models.CheckConstraint(
                condition=~Q(kind="side_by_side")
                | Q(system_a__isnull=False, system_b__isnull=False) & ~Q(system_a=F("system_b")),
                name="side_by_side_has_two_systems",
            ),
        ]

    def __str__(self) -> str:
        return self.name
