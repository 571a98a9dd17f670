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


def finishes(category, material, colour, legs, pattern, second, seed):
    """A finish for each role that the shapes of this category use."""
    main, leg = base_finish(material, colour, pattern, second, seed), leg_finish(legs)
    plain = base_finish(material, colour)
    dark = Finish("powder", "black")
    fixed = {
        "leaf": Finish("leaf", "green"),
        "soil": Finish("soil", "walnut"),
        "stem": Finish("matt", "tan"),
        "bloom": Finish("matt", "cream"),
        "wax": Finish("matt", "cream"),
        "wick": dark,
        "bulb": Finish("bulb", "cream"),
        "mat": Finish("matt", "white"),
        "linen": Finish("cotton", "white"),
        "cane": Finish("cane", "natural"),
        "fringe": Finish("cotton", "cream"),
        "face": Finish("matt", "white"),
        "hands": dark,
        "glass": Finish("mirror", "steel"),
        "metal": metal("brass"),
        "duvet": Finish("cotton", {"cream": "sage", "grey": "white"}.get(colour, "cream")),
        "legs": leg,
        "frame": leg,
        "stand": leg,
        "trim": leg,
        "accent": plain,
        "edge": plain,
        "body": main,
        "seat": main,
        "top": main,
        "front": main,
        "inside": main,
        "shade": main,
        "picture": main,
        "picture2": main,
        "rug": main,
    }
    if category == "table lamp" and legs != colour:
        fixed |= {"stand": main, "shade": Finish("shade", legs)}
    elif category == "table lamp":
        fixed |= {"stand": main}
    elif category in ("mirror", "wall clock"):
        fixed |= {"frame": main}
        if category == "wall clock":
            fixed |= {"hands": leg if legs != colour or colour != "white" else dark}
    elif category == "pendant lamp":
        fixed |= {"metal": leg}
    elif category in ONE_PIECE and material in ("wood", "powder", "cane"):
        fixed |= {"legs": main} if not legs.endswith("metal") else {}
    elif category == "cushion":
        fixed |= {"trim": plain}
    elif (
        category in ("bookshelf", "desk")
        and material in ("wood", "lacquer")
        and not legs.endswith("metal")
        and legs == "oak"
    ):
        fixed |= {"legs": main if colour != "white" or category == "bookshelf" else leg}
    elif category == "basket" and legs == "oak":
        fixed |= {"trim": main}
    if category in ("sideboard", "nightstand", "tv stand", "bookshelf", "desk") and colour in (
        "oak",
        "white",
        "natural",
        "cream",
        "charcoal",
    ):
        fixed |= {"metal": metal("black")}
    return fixed
