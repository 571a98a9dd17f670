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
        "lacquer": "lacquer",
        "pile": "wool",
        "shade": "fabric",
        "print": "canvas print",
        "matt": "ceramic",
        "opal": "glass",
        "cane": "cane",
    }.get(material, material)


def title(name, category, material, colour, legs, pattern, design, path):
    word = plain_material(material, colour)
    named = word if word == colour else f"{colour} {word}"
    pattern_word = "" if pattern == "plain" else f"{pattern} "
    tail = (
        f", {legs} legs"
        if category in SHOWN_LEGS
        and legs not in (colour, "same")
        and design.params.get("legs_") not in (None, "plinth")
        else ""
    )
    if category == "wall art":
        return f"{name} {pattern} wall art in {colour}"
    return f"{name} {pattern_word}{category} in {named}{tail}"


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
    return f"{rng.choice(OPENINGS)} {rng.choice(DETAILS)}".format(**words).replace(f"{colour} {colour}", colour)
