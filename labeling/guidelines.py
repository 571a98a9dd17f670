"""What raters are told where a lead wrote nothing of their own, with pictures of the demo's catalog as examples."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from PIL import Image

from labeling.models import Guideline, Project
from labeling.pictures import keep_picture


@dataclass(frozen=True, slots=True)
class Example:
    """wanted, found: pictures of the demo's catalog, shown beside each other. good: judge it so; else: do not."""

    wanted: str
    found: str
    caption: str
    good: bool = True


SIDE_BY_SIDE = """\
What is inside the yellow frame is what the shopper wants. Where there are words instead, read them twice.

Choose the list that would help this shopper more. The first results count most: few people look further down. The \
very same thing is best, then the same kind of thing in the same shape, colour and material.

Tie: you would be equally glad of both.
Both bad: neither has anything that the shopper could want.
Skip: you are not sure after half a minute. Somebody else gets the question.

Say why the other list is worse, if you can: it helps to mend it. Do not judge prices, or how good the pictures are."""

GRADE = """\
How like what is in the yellow frame is this product? Grade what a shopper would see, not what the title says.

5: the very same thing.
4: the same design in another colour, size or fabric.
3: the same kind of thing, close in shape, colour and material.
2: the same kind of thing, clearly different.
1: another kind of thing that would go well with it.
0: nothing to do with it.

Grade each product by itself. There may be no 5 at all, or several."""

SAME_PRODUCT = """\
Do both pictures show the same product?

Same SKU: the very same thing, in the same colour, fabric and size. Another photo or another seller does not matter.
Variant: one design in another colour, fabric or size.
Different: another design.
Cannot tell: the pictures do not show enough.

Look for what light and camera cannot change: legs, seams, handles, proportions."""

DEFAULTS = {
    Project.Kind.SIDE_BY_SIDE: ("Side by side", SIDE_BY_SIDE),
    Project.Kind.GRADE: ("Grades", GRADE),
    Project.Kind.SAME_PRODUCT: ("Same product", SAME_PRODUCT),
}
ARMCHAIR, OTHER_VIEW, MUSTARD, OTHER_DESIGN = "SL-0019-1", "SL-0019-2", "SL-0020-1", "SL-0022-1"
LAMP = "SL-0307-1"
EXAMPLES = {
    Project.Kind.SIDE_BY_SIDE: (
        Example(ARMCHAIR, OTHER_VIEW, "The very thing comes first: better than any list that has it later."),
        Example(ARMCHAIR, MUSTARD, "Where it is not there, the same design comes closest."),
        Example(ARMCHAIR, LAMP, "The right colour is not enough: another kind of thing helps nobody.", good=False),
    ),
    Project.Kind.GRADE: (
        Example(ARMCHAIR, OTHER_VIEW, "5: the very same thing, from another side."),
        Example(ARMCHAIR, MUSTARD, "4: the same design in another colour."),
        Example(ARMCHAIR, OTHER_DESIGN, "2: an armchair, and clearly another one."),
        Example(ARMCHAIR, LAMP, "Not more than 1: the colour alone is no likeness.", good=False),
    ),
    Project.Kind.SAME_PRODUCT: (
        Example(ARMCHAIR, OTHER_VIEW, "Same SKU: shells, legs and seam are the same."),
        Example(ARMCHAIR, MUSTARD, "Variant: one design, another colour."),
        Example(MUSTARD, OTHER_DESIGN, "Not a variant: the back and the legs differ. Different.", good=False),
    ),
}
SIDE_PX = 320


@transaction.atomic
def default_guideline(kind: str) -> Guideline:
    """The latest version of the one that comes with Sightline; made when it is first asked for."""
    name, text = DEFAULTS[Project.Kind(kind)]
    latest = Guideline.objects.filter(name=name).order_by("-version").first()
    return (
        latest
        or Guideline.objects.get_or_create(
            name=name, version=1, defaults={"text": text, "examples": list(kept(EXAMPLES.get(kind, ())))}
        )[0]
    )


def kept(examples: tuple[Example, ...]) -> Iterator[dict]:
    """As a guideline keeps them; without the demo's pictures there are none."""
    for each in examples:
        paths = [settings.BASE_DIR / "demo" / "images" / f"{name}.jpg" for name in (each.wanted, each.found)]
        if all(path.is_file() for path in paths):
            picture = keep_picture(beside(*(Image.open(path) for path in paths)))
            yield {"picture": picture, "caption": each.caption, "good": each.good}


def beside(left: Image.Image, right: Image.Image) -> bytes:
    """Both in one picture, as a JPEG."""
    both = Image.new("RGB", (2 * SIDE_PX, SIDE_PX), "white")
    for place, image in enumerate((left, right)):
        both.paste(image.convert("RGB").resize((SIDE_PX, SIDE_PX)), (place * SIDE_PX, 0))
    out = io.BytesIO()
    both.save(out, "JPEG", quality=90)
    return out.getvalue()


@transaction.atomic
def new_version(guideline: Guideline, text: str, examples: list[dict], user_id: int | None) -> Guideline:
    """Another version; verdicts that were given before go on naming theirs. The same text is no new version."""
    if (text, examples) == (guideline.text, guideline.examples):
        return guideline
    list(Guideline.objects.select_for_update().filter(name=guideline.name))  # one writer at a time
    latest = Guideline.objects.filter(name=guideline.name).aggregate(Max("version"))["version__max"]
    return Guideline.objects.create(
        name=guideline.name, version=latest + 1, text=text, examples=examples, created_by_id=user_id
    )
