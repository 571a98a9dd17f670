"""The designs of other worlds: the demo's own training designs, mixed and measured anew. Its golden ones lend nothing.

Whoever trains on another world must not have seen what the demo's golden rooms ask for: no form, part or pattern is
taken from a golden design, and no product of another world is one of the demo's. The colours that a material comes in
are those of all designs.
"""

import random
from dataclasses import replace

from ml.world.designs import CATEGORIES, Category, Design

# What can be changed for another design's of the same category without a shape that does not hold together.
MIXED = {
    "sofa": ("arm", "back", "legs_"),
    "bed": ("head", "legs_"),
    "bench": ("legs_",),
    "dining chair": ("legs_",),
    "sideboard": ("cells", "handle", "legs_"),
    "nightstand": ("cells", "handle", "legs_"),
    "tv stand": ("cells", "handle", "legs_"),
    "table lamp": ("base", "shade"),
    "vase": ("profile",),
    "teapot": ("profile", "handle"),
    "wall clock": ("marks",),
    "plant pot": ("plant",),
}
STRETCH = 0.16
UPHOLSTERY = ("velvet", "linen", "leather", "boucle", "wool")
LEGS = ("oak", "walnut", "black", "brass", "black metal", "steel", "white")


def other_categories(seed: int, golden: dict[str, set[int]]) -> tuple[Category, ...]:
    """As many designs in each category as the demo has. `golden`: {category: places of its golden designs}."""
    rng = random.Random(f"designs {seed}")
    colours = colours_of(CATEGORIES)
    made = []
    for category in CATEGORIES:
        known = [design for k, design in enumerate(category.designs) if k not in golden[category.name]]
        bases = [known[n % len(known)] for n in range(len(category.designs))]
        made.append(replace(category, designs=tuple(another(rng, category, base, known, colours) for base in bases)))
    return tuple(made)


def another(
    rng: random.Random, category: Category, base: Design, known: list[Design], colours: dict[str, list[str]]
) -> Design:
    """One that gives none of the demo's products."""
    while True:
        design = varied(rng, category.name, base, known, colours)
        if not any(overlap(design, own) for own in category.designs):
            return design


def overlap(one: Design, other: Design) -> bool:
    """Whether both are sold in a variant that looks the same."""
    alike = replace(one, options=(), style="") == replace(other, options=(), style="")
    return alike and bool(set(one.options) & set(other.options))


def colours_of(categories: tuple[Category, ...]) -> dict[str, list[str]]:
    """{material: the colours that it comes in}, in a fixed order."""
    found: dict[str, set[str]] = {}
    for category in categories:
        for design in category.designs:
            if design.vary == "colour":
                found.setdefault(design.material, set()).update(design.options)
    return {material: sorted(names) for material, names in found.items()}


def varied(
    rng: random.Random, category: str, base: Design, known: list[Design], colours: dict[str, list[str]]
) -> Design:
    """Another design: other measures, parts of its sisters, another fabric, other colours, other legs."""
    params = {key: stretched(rng, value) for key, value in base.params.items()}
    for key in MIXED.get(category, ()):
        lenders = [design.params[key] for design in known if key in design.params]
        if key in params:
            params[key] = rng.choice(lenders)
    material = base.material
    if material in UPHOLSTERY and base.vary != "fabric":
        material = rng.choice(UPHOLSTERY)
    legs = rng.choice(LEGS) if base.legs in LEGS and base.vary != "legs" and category != "basket" else base.legs
    pattern = base.pattern
    if pattern != "plain" and not pattern.startswith("plain:"):
        pattern = rng.choice([design.pattern for design in known if design.pattern != "plain"])
    options = base.options
    if base.vary == "colour":
        options = tuple(rng.sample(colours[material], 3))
    elif base.material in colours:
        pattern = f"plain:{rng.choice(colours[material])}"
    return replace(base, material=material, params=params, legs=legs, pattern=pattern, options=options)


def stretched(rng: random.Random, value: object) -> object:
    """A length a little longer or shorter; anything else as it is."""
    return round(value * rng.uniform(1 - STRETCH, 1 + STRETCH), 3) if isinstance(value, float) and value else value
