"""Which finish each part of a product gets: its main material, its legs, and what is the same for all."""

from ml.world.palette import COLOURS, Finish, metal, wood
from ml.world.wording import ONE_PIECE


def base_finish(material, colour, pattern="plain", second="", seed=0):
    if material in ("wood", "cane"):
        return wood(colour)
    if material in ("metal", "powder"):
        return metal(colour)
    return Finish(material, colour, pattern, second, seed)


def leg_finish(legs):
    word = legs.removesuffix(" metal")
    if word in ("brass", "steel", "copper") or legs.endswith("metal"):
        return metal(word)
    return wood(word) if word in COLOURS else Finish("lacquer", word)


DARK = Finish("powder", "black")
# The same for every product: what the plant, the candle or the bed comes with.
GIVEN = {
    "leaf": Finish("leaf", "green"),
    "soil": Finish("soil", "walnut"),
    "stem": Finish("matt", "tan"),
    "bloom": Finish("matt", "cream"),
    "wax": Finish("matt", "cream"),
    "wick": DARK,
    "bulb": Finish("bulb", "cream"),
    "mat": Finish("matt", "white"),
    "linen": Finish("cotton", "white"),
    "cane": Finish("cane", "natural"),
    "fringe": Finish("cotton", "cream"),
    "face": Finish("matt", "white"),
    "hands": DARK,
    "glass": Finish("mirror", "steel"),
}
MAIN_ROLES = ("body", "seat", "top", "front", "inside", "shade", "picture", "picture2", "rug")
LEG_ROLES = ("legs", "frame", "stand", "trim")
FURNITURE_WITH_HANDLES = ("sideboard", "nightstand", "tv stand", "bookshelf", "desk")
DARK_HANDLES_ON = ("oak", "white", "natural", "cream", "charcoal")


def finishes(category, material, colour, legs, pattern, second, seed):
    """A finish for each role that the shapes of this category use."""
    main, leg = base_finish(material, colour, pattern, second, seed), leg_finish(legs)
    plain = base_finish(material, colour)
    handles = "black" if category in FURNITURE_WITH_HANDLES and colour in DARK_HANDLES_ON else "brass"
    duvet = {"cream": "sage", "grey": "white"}.get(colour, "cream")
    usual = dict.fromkeys(MAIN_ROLES, main) | dict.fromkeys(LEG_ROLES, leg) | dict.fromkeys(("accent", "edge"), plain)
    usual |= {"metal": metal(handles), "duvet": Finish("cotton", duvet)}
    return GIVEN | usual | exceptions(category, material, colour, legs, main, leg, plain)


def exceptions(category, material, colour, legs, main, leg, plain):
    """The roles that a category finishes in its own way."""
    if category == "table lamp":
        return {"stand": main} | ({"shade": Finish("shade", legs)} if legs != colour else {})
    if category == "wall clock":
        return {"frame": main, "hands": DARK if legs == colour == "white" else leg}
    if category == "mirror":
        return {"frame": main}
    if category == "pendant lamp":
        return {"metal": leg}
    if category == "cushion":
        return {"trim": plain}
    if category == "basket" and legs == "oak":
        return {"trim": main}
    if category in ONE_PIECE and material in ("wood", "powder", "cane") and not legs.endswith("metal"):
        return {"legs": main}
    if category == "bookshelf" and material in ("wood", "lacquer") and legs == "oak":
        return {"legs": main}
    if category == "desk" and material in ("wood", "lacquer") and legs == "oak" and colour != "white":
        return {"legs": main}
    return {}
