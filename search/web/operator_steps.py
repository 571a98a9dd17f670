"""What each dangerous step will do, in words, and the function that does it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat

from search.build import bundles
from search.build import promote as generations
from search.build.retire import retire, retire_bundle
from search.models import Bundle, Generation

WARM = "The generation that answers now stays warm: you can roll back to it."
SWITCH = "Every process follows within a second. No search fails meanwhile."
FORCE = "Why let it answer all the same?"
WAY_BACK = "Why give up the way back?"


@dataclass(frozen=True, slots=True)
class Step:
    """`will`: what happens, a line each. `reason`: the question to answer before it is done; empty where none is.

    `act` takes the actor and the reason, and raises IndexRefused.
    """

    title: str
    subject: str
    will: tuple[str, ...]
    button: str
    done: str
    act: Callable[[str, str], object]
    reason: str = ""
    destroys: bool = False


def promote_generation(row: Generation) -> Step:
    return Step(
        title="Promote this generation?",
        subject=row.pk,
        will=(f"It will answer every search of {row.bundle_id}, with {row.rows:,} rows.", verified(row), SWITCH, WARM),
        button="Promote it",
        done=f"{row.pk} answers now.",
        act=lambda actor, reason: generations.promote(row.pk, actor),
    )


def verified(row: Generation) -> str:
    if "ok" not in row.recall:
        return "It has not been verified yet. Verify it first: until then this is refused."
    recall = row.recall.get("recall_at_10")
    return f"It was verified{f', with a recall@10 of {recall:.4f}' if recall is not None else ''}."


def roll_back_generation(row: Generation) -> Step:
    return Step(
        title="Roll back to this generation?",
        subject=row.pk,
        will=(
            f"It will answer every search of {row.bundle_id} again, with {row.rows:,} rows.",
            "What is newer than it is answered from the hot tier: nothing is lost.",
            SWITCH,
            "The generation that answers now stays warm: rolling back once more leads to it again.",
        ),
        button="Roll back",
        done=f"{row.pk} answers again.",
        act=lambda actor, reason: generations.rollback(row.bundle_id, actor),
    )


def remove_generation(row: Generation) -> Step:
    warm = generations.previous_of(row.bundle_id) == row
    return Step(
        title="Remove this generation?",
        subject=row.pk,
        will=(
            f"Its files ({filesizeformat(row.bytes_disk)}) are deleted. This cannot be undone.",
            "There will be nothing left to roll back to." if warm else "Searches do not notice.",
            "Every vector stays in PostgreSQL: another generation can be built at any time.",
        ),
        button="Remove it",
        done=f"{row.pk} is removed.",
        act=lambda actor, reason: retire(row.pk, actor, reason=reason),
        reason=WAY_BACK if warm else "",
        destroys=True,
    )


def promote_bundle(row: Bundle) -> Step:
    ready = bundles.readiness(row.pk)
    return Step(
        title="Let this model bundle answer?",
        subject=row.pk,
        will=(
            f"It will answer every search, with {ready.vectors:,} vectors"
            + (f" and generation {ready.generation}." if ready.generation else " from the hot tier."),
            *(f"Against it: {reason}." for reason in ready.reasons),
            SWITCH,
            "The bundle that answers now is kept filled: you can roll back to it.",
        ),
        button="Let it answer",
        done=f"{row.pk} answers now.",
        act=lambda actor, reason: bundles.promote(row.pk, actor, force=reason),
        reason=FORCE if ready.reasons else "",
    )


def roll_back_bundle(row: Bundle) -> Step:
    return Step(
        title="Roll back to this model bundle?",
        subject=row.pk,
        will=(
            "It will answer every search again.",
            SWITCH,
            "The bundle that answers now is kept filled: rolling back once more leads to it again.",
        ),
        button="Roll back",
        done=f"{row.pk} answers again.",
        act=lambda actor, reason: bundles.rollback(actor),
    )


def remove_bundle(row: Bundle) -> Step:
    warm = bundles.retired().first() == row
    return Step(
        title="Remove this model bundle?",
        subject=row.pk,
        will=(
            f"Its {row.vectors.count():,} vectors and its generations are deleted, little by little, by the worker.",
            "To use it again, every picture must be encoded anew.",
        ),
        button="Remove it",
        done=f"{row.pk} is being removed.",
        act=lambda actor, reason: retire_bundle(row.pk, actor, reason=reason),
        reason=WAY_BACK if warm else "",
        destroys=True,
    )


GENERATION_STEPS = {"promote": promote_generation, "rollback": roll_back_generation, "retire": remove_generation}
BUNDLE_STEPS = {"promote": promote_bundle, "rollback": roll_back_bundle, "retire": remove_bundle}
