"""What may be shown: the policies of inspection (docs/inspection.md). A wrong one stops the start."""

import os

ACTIONS = ("off", "warn", "reject")
SAFETY = ("strict", "tolerant", "off")


def policy(given: str, defaults: dict[str, str]) -> dict[str, str]:
    """ "blurred=reject,text=off" over the defaults. Raises ValueError."""
    chosen = dict(defaults)
    for part in filter(None, map(str.strip, given.split(","))):
        kind, _, action = part.partition("=")
        if kind not in defaults or action not in ACTIONS:
            raise ValueError(
                f"SIGHTLINE_QUALITY: “{part}” is not one of {', '.join(defaults)}, =, and one of {', '.join(ACTIONS)}."
            )
        chosen[kind] = action
    return chosen


def one_of(name: str, allowed: tuple[str, ...], default: str) -> str:
    """Raises ValueError."""
    if (value := os.environ.get(name, default)) not in allowed:
        raise ValueError(f"{name} is “{value}”; it has to be one of {', '.join(allowed)}.")
    return value


SIGHTLINE_QUALITY = policy(
    os.environ.get("SIGHTLINE_QUALITY", ""),
    {
        "tiny": "reject",
        "blank": "reject",
        "placeholder": "reject",
        "small": "warn",
        "blurred": "warn",
        "text": "warn",
        "flat": "warn",
    },
)
# Bare skin, where the category does not say otherwise (catalog.Category.skin). From which score a part counts:
# docs/inspection.md has what these do to 3,577 harmless pictures.
SIGHTLINE_SAFETY = one_of("SIGHTLINE_SAFETY", SAFETY, "strict")
SIGHTLINE_SAFETY_REJECT = {
    "FEMALE_GENITALIA_EXPOSED": 0.85,
    "MALE_GENITALIA_EXPOSED": 0.85,
    "ANUS_EXPOSED": 0.85,
    "FEMALE_BREAST_EXPOSED": 0.9,
}
SIGHTLINE_SAFETY_HOLD = {
    "FEMALE_GENITALIA_EXPOSED": 0.55,
    "MALE_GENITALIA_EXPOSED": 0.55,
    "ANUS_EXPOSED": 0.5,
    "FEMALE_BREAST_EXPOSED": 0.6,
    "BUTTOCKS_EXPOSED": 0.75,
}
SIGHTLINE_SAFETY_TOLERANT_HOLD = {
    "FEMALE_GENITALIA_EXPOSED": 0.7,
    "MALE_GENITALIA_EXPOSED": 0.7,
    "ANUS_EXPOSED": 0.7,
}
# The same picture: so many of 64 bits of the hash may differ (at most 7), and so much of the thumbnail's colours; less
# where a block acts and nobody is asked.
SIGHTLINE_SAME_PICTURE_BITS = 6
SIGHTLINE_SAME_PICTURE_DISTANCE, SIGHTLINE_BLOCK_DISTANCE = 6.0, 4.0
