"""May this picture be shown? What people said of it, the policy for its quality, and the one for bare skin."""

from dataclasses import dataclass, replace

from django.conf import settings
from PIL import Image as Picture

from catalog.models import Category, Image
from catalog.review.models import Inspection, PictureRule
from catalog.review.rules import Look, standing_verdict
from catalog.services import PATH_SEPARATOR
from ml.inspect.flaws import Flaw, find_flaws
from ml.inspect.safety import Part, SafetyPolicy, skin_detector
from ml.inspect.text import reader

Cause = Inspection.Cause
ON_BLOCKLIST = "This picture is on the blocklist."
BY_PERSON = "A person took this picture out."
EXPLICIT = "The picture seems to be explicit ({part}, {score:.0%} sure)."
DOUBTFUL = "The picture may be explicit ({part}, {score:.0%} sure): a person has to look at it."


@dataclass(frozen=True, slots=True)
class Judgement:
    """status: inspected, held or rejected, with a sentence why. cause: what held or rejected it."""

    status: str = Image.Status.INSPECTED
    cause: str = Cause.NONE
    reason: str = ""
    warnings: tuple[Flaw, ...] = ()
    parts: tuple[Part, ...] = ()

    @property
    def noteworthy(self) -> bool:
        return bool(self.cause or self.warnings)


def judge(image: Image, picture: Picture.Image, look: Look) -> Judgement:
    """What a person said counts first; then rules for quality, then safety, each of which looks for less if it may."""
    said = standing_verdict(look, image.product.sku)
    if said == PictureRule.Verdict.BLOCK:
        return Judgement(Image.Status.REJECTED, Cause.BLOCKLIST, ON_BLOCKLIST)
    if said == PictureRule.Verdict.REJECT:
        return Judgement(Image.Status.REJECTED, Cause.PERSON, BY_PERSON)
    if said == PictureRule.Verdict.ALLOW:
        return Judgement()
    quality = judge_quality(picture)
    if quality.cause:
        return quality
    return replace(judge_safety(image, picture), warnings=quality.warnings)


def judge_quality(picture: Picture.Image) -> Judgement:
    policy = settings.SIGHTLINE_QUALITY
    reads = policy["text"] != "off" or policy["placeholder"] != "off"
    flaws = find_flaws(picture, reader() if reads else None)
    rejecting = [flaw for flaw in flaws if policy[flaw.kind] == "reject"]
    if rejecting:
        return Judgement(Image.Status.REJECTED, Cause.QUALITY, rejecting[0].says, flaws)
    return Judgement(warnings=tuple(flaw for flaw in flaws if policy[flaw.kind] == "warn"))


def judge_safety(image: Image, picture: Picture.Image) -> Judgement:
    policy = safety_policy(image.product.category)
    if policy is None:
        return Judgement()
    parts = skin_detector().find(picture)
    outcome, part = policy.judge(parts)
    if part is None:
        return Judgement()
    said = {"part": part.label.replace("_", " ").lower(), "score": part.score}
    if outcome == "rejected":
        return Judgement(Image.Status.REJECTED, Cause.SAFETY, EXPLICIT.format(**said), parts=parts)
    return Judgement(Image.Status.HELD, Cause.SAFETY, DOUBTFUL.format(**said), parts=parts)


def safety_policy(category: Category | None) -> SafetyPolicy | None:
    """As the category says, or the nearest one above it that says anything; None where nothing is looked for."""
    skin = skin_of(category) or settings.SIGHTLINE_SAFETY
    if skin == Category.Skin.OFF:
        return None
    if skin == Category.Skin.TOLERANT:
        return SafetyPolicy(hold=settings.SIGHTLINE_SAFETY_TOLERANT_HOLD, reject={})
    return SafetyPolicy(hold=settings.SIGHTLINE_SAFETY_HOLD, reject=settings.SIGHTLINE_SAFETY_REJECT)


def skin_of(category: Category | None) -> str:
    if category is None:
        return ""
    names = category.path.split(PATH_SEPARATOR)
    paths = [PATH_SEPARATOR.join(names[:depth]) for depth in range(1, len(names) + 1)]
    said = dict(Category.objects.filter(path__in=paths).exclude(skin="").values_list("path", "skin"))
    return next((said[path] for path in reversed(paths) if path in said), "")
