"""What would help a product to be found, in plain words. Each rule looks at what is known."""

from collections.abc import Callable
from dataclasses import dataclass

from search.findability.facts import Known
from search.status.pictures import State

SMALL_PX = 300  # a search uses more than twice this
SMALL_SHARE = 0.15
SEVERAL = 3
DISTINCT_SHARE = 0.5  # boxes that lie in a larger one are its parts


@dataclass(frozen=True, slots=True)
class Advice:
    """wrong: something is the matter; else it could be better, or is well."""

    text: str
    wrong: bool = False


Rule = Callable[[Known], Advice | None]


def advise(known: Known) -> tuple[Advice, ...]:
    """What hinders most first; that all is well where nothing does."""
    found = tuple(filter(None, (rule(known) for rule in RULES)))
    return found or (
        Advice("Its picture, each thing seen in it, and its title find it first. Nothing needs to be done."),
    )


def blocked(known: Known) -> Advice | None:
    if known.product.blocked:
        return Advice("This product is blocked: no search shows it until you unblock it.", wrong=True)
    hidden = count(known, State.HIDDEN)
    return Advice(f"{pictures(hidden)} blocked and cannot be found.", wrong=True) if hidden else None


def no_pictures(known: Known) -> Advice | None:
    if known.pictures:
        return None
    return Advice("It has no picture, so a photo never finds it and words alone do. Add a picture.", wrong=True)


def not_searchable(known: Known) -> Advice | None:
    """What stands in the way of pictures that are not in the index."""
    for state, words in (
        (State.MISSING, "missing from the index though the catalog says otherwise: mend it on the status page."),
        (State.FAILED, "failed: try it again on the status page, where the reason stands."),
        (State.HELD, "held until somebody decides in the review."),
        (State.REJECTED, "rejected: the reason stands on the status page. Send a better picture."),
    ):
        if number := count(known, state):
            return Advice(f"{pictures(number)} {words}", wrong=True)
    waiting = sum(not each.found for each in known.pictures if each.state in (State.WAITING, State.INSPECTED))
    return Advice(f"{pictures(waiting)} still waiting for the worker. Look again in a moment.") if waiting else None


def too_small(known: Known) -> Advice | None:
    if not 0 < known.shorter_side_px < SMALL_PX:
        return None
    found = known.picture.found
    return Advice(
        f"The picture is only {found.width} x {found.height} pixels, so details that tell it from its rivals are lost. "
        f"Send one of at least {SMALL_PX} on the shorter side.",
        wrong=True,
    )


def not_found_by_itself(known: Known) -> Advice | None:
    """Its own picture ought to be the easiest way to it."""
    if known.picture is None or not any(each.found for each in known.pictures) or known.product.blocked:
        return None
    whole = known.picture.whole
    if whole.place is None:
        return Advice("Not even its own picture finds it among the first fifty.", wrong=True)
    if whole.is_first:
        return None
    before = ", ".join(card.sku for card in whole.above[:3])
    return Advice(f"Its own picture finds it at place {whole.place} only, after {before}.", wrong=True)


def twins(known: Known) -> Advice | None:
    """Rivals that look the same."""
    if not known.twins:
        return None
    variants = [rival.card.sku for rival in known.twins if rival.variant]
    others = [rival.card.sku for rival in known.twins if not rival.variant]
    if others:
        return Advice(
            f"{', '.join(others[:3])} looks the same. If it is the same product, give both the same GTIN: they then "
            "share one card. If it is not, add a picture that shows the difference."
        )
    return Advice(
        f"Its variant {', '.join(variants[:3])} looks nearly the same. A close picture of what differs helps photos to "
        "find the right one, and a title that names it helps words."
    )


def several_things(known: Known) -> Advice | None:
    apart = distinct(known)
    if len(apart) < SEVERAL:
        return None
    return Advice(
        f"{len(apart)} things are seen in the picture, so a search with it may start from another one. Let the first "
        "picture show the product alone, and keep the room for a later one."
    )


def nothing_seen(known: Known) -> Advice | None:
    if known.picture is None or not known.picture.found.fallback:
        return None
    return Advice(
        "No single thing stands out in the picture, so it is compared as a whole. A picture of the product on a plain "
        "ground is told apart better."
    )


def little_of_it(known: Known) -> Advice | None:
    if not known.boxes or max(map(known.share, known.boxes)) >= SMALL_SHARE:
        return None
    return Advice("The product fills little of the picture. Crop closer: what is around it is no help.")


def unseen(known: Known) -> Advice | None:
    """Another photo of the same thing is what shoppers will have."""
    if len(known.pictures) == 1 and known.picture and known.picture.whole.is_first:
        return Advice(
            "It has one picture only. With a second one, photos from another side or of a room find it more surely."
        )
    if known.picture is None or known.picture.unseen is None or known.picture.unseen.is_first:
        return None
    place = known.picture.unseen.place
    where = f"at place {place}" if place else "not among the first fifty"
    return Advice(
        f"Without this very picture in the index its other pictures would find it {where}. More views would help."
    )


def title(known: Known) -> Advice | None:
    if known.by_title is None or known.product.blocked:
        return None
    place = known.by_title.place
    if place is not None and place <= SEVERAL:
        return None
    where = f"at place {place}" if place else "not among the first fifty"
    return Advice(
        f"Its own title finds it {where}: others share these words. Name the design, the colour and the material in it."
    )


RULES: tuple[Rule, ...] = (
    blocked,
    no_pictures,
    not_searchable,
    not_found_by_itself,
    too_small,
    twins,
    several_things,
    nothing_seen,
    little_of_it,
    unseen,
    title,
)


def count(known: Known, state: State) -> int:
    return 0 if known.product.blocked else sum(each.state == state for each in known.pictures)


def pictures(number: int) -> str:
    return "1 picture is" if number == 1 else f"{number} pictures are"


def distinct(known: Known) -> list:
    """Boxes that do not lie in a larger one."""
    largest_first = sorted(known.boxes, key=known.share, reverse=True)
    apart: list = []
    for box in largest_first:
        if all(inside(box, larger) < DISTINCT_SHARE for larger in apart):
            apart.append(box)
    return apart


def inside(box, larger) -> float:
    """The share of the box that lies in the larger one."""
    across = max(0.0, min(box[2], larger[2]) - max(box[0], larger[0]))
    down = max(0.0, min(box[3], larger[3]) - max(box[1], larger[1]))
    return across * down / ((box[2] - box[0]) * (box[3] - box[1]))
