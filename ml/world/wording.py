"""How a shop words it: material, title and description of a SKU."""

SHOWN_LEGS = (
    "sofa",
    "armchair",
    "dining chair",
    "bar stool",
    "bench",
    "bed",
    "dining table",
    "coffee table",
    "side table",
    "desk",
    "bookshelf",
    "sideboard",
    "tv stand",
    "nightstand",
)


def plain_material(material, colour):
    """The word a shop would use."""
    if material == "wood":
        return "wood" if colour not in ("oak", "walnut") else colour
    if material in ("metal", "powder"):
        return colour if colour in ("brass", "steel", "copper") else "metal"
    return {
        "terracotta clay": "clay",
        "pile": "wool",
        "shade": "fabric",
        "print": "canvas print",
        "matt": "ceramic",
        "opal": "glass",
        "cane": "cane",
    }.get(material, material)


def shows_legs(category, colour, legs, design):
    """Whether a title names the legs: where they are seen, and are not of the same finish as the rest."""
    if design.vary == "legs":
        return True
    if category in ONE_PIECE and design.material in ("wood", "powder", "cane") and not legs.endswith("metal"):
        return False
    return (
        category in SHOWN_LEGS and legs not in (colour, "same") and design.params.get("legs_") not in (None, "plinth")
    )


def title(name, category, material, colour, legs, pattern, design):
    word = plain_material(material, colour)
    named = word if word == colour else f"{colour} {word}"
    pattern_word = "" if pattern == "plain" else f"{pattern} "
    tail = f", {legs} {LEG_WORDS[category]}" if shows_legs(category, colour, legs, design) else ""
    if category == "wall art":
        return f"{name} {pattern} wall art in {colour}"
    return f"{name} {pattern_word}{category} in {named}{tail}"


ONE_PIECE = ("dining chair", "bar stool", "bench", "bed")  # made of wood or metal, these are of one finish
LEG_WORDS = dict.fromkeys(SHOWN_LEGS, "legs") | {"bookshelf": "frame", "pendant lamp": "fittings"}

OPENINGS = (
    "A {style} {category} with clean lines and a calm presence.",
    "Our best-loved {style} {category}, made to be lived with.",
    "A {style} {category} that looks good from every side.",
    "A {category} in {style} style for rooms that are used every day.",
)


DETAILS = (
    "Made of {material} in {colour}, it is easy to care for.",
    "The {colour} {material} deepens with the years.",
    "Finished by hand in {colour} {material}.",
    "In {colour} {material}, with a two-year guarantee.",
)


def describe(rng, category, material, colour, legs, pattern, design):
    words = {
        "style": design.style,
        "category": category,
        "material": plain_material(material, colour),
        "colour": colour,
    }
    return (
        f"{rng.choice(OPENINGS)} {rng.choice(DETAILS)}".format(**words)
        .replace(f"{colour} {colour}", colour)
        .replace("scandinavian", "Scandinavian")
    )
