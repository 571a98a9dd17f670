"""Colours that shoppers can name, and the materials that take them."""

from dataclasses import dataclass

COLOURS = {
    "green": (0.13, 0.36, 0.22),
    "sage": (0.60, 0.69, 0.55),
    "navy": (0.11, 0.17, 0.36),
    "sky blue": (0.52, 0.72, 0.87),
    "mustard": (0.85, 0.62, 0.10),
    "terracotta": (0.72, 0.37, 0.23),
    "red": (0.72, 0.10, 0.12),
    "blush pink": (0.90, 0.68, 0.67),
    "burgundy": (0.42, 0.08, 0.18),
    "grey": (0.58, 0.59, 0.61),
    "charcoal": (0.22, 0.23, 0.25),
    "cream": (0.93, 0.88, 0.78),
    "white": (0.95, 0.95, 0.93),
    "black": (0.07, 0.07, 0.08),
    "tan": (0.66, 0.42, 0.22),
    "teal": (0.06, 0.42, 0.45),
    "lilac": (0.70, 0.61, 0.82),
    "natural": (0.80, 0.66, 0.46),
    "oak": (0.76, 0.57, 0.36),
    "walnut": (0.36, 0.21, 0.12),
    "brass": (0.83, 0.64, 0.28),
    "steel": (0.72, 0.73, 0.75),
    "copper": (0.80, 0.46, 0.32),
    "clear": (0.86, 0.93, 0.92),
    "wall white": (0.90, 0.89, 0.86),
    "wall sand": (0.80, 0.74, 0.65),
    "wall grey": (0.68, 0.69, 0.70),
    "wall sage": (0.66, 0.71, 0.62),
    "wall blue": (0.55, 0.63, 0.71),
    "wall blush": (0.84, 0.72, 0.68),
    "wall clay": (0.70, 0.52, 0.43),
    "wall teal": (0.24, 0.38, 0.40),
    "wall cream": (0.89, 0.85, 0.74),
    "wall olive": (0.45, 0.46, 0.34),
    "wall brick": (0.60, 0.34, 0.26),
    "card": (0.70, 0.54, 0.38),
}

# A second colour that goes with each, for patterns of two.
PARTNER = {
    "green": "cream",
    "sage": "white",
    "navy": "white",
    "sky blue": "white",
    "mustard": "charcoal",
    "terracotta": "cream",
    "red": "cream",
    "blush pink": "burgundy",
    "burgundy": "blush pink",
    "grey": "white",
    "charcoal": "cream",
    "cream": "black",
    "white": "grey",
    "black": "cream",
    "tan": "cream",
    "teal": "mustard",
    "lilac": "cream",
    "natural": "black",
}


@dataclass(frozen=True, slots=True)
class Surface:
    """How a material scatters light. `tile_m` is the width of its texture, `bump` the depth of its relief."""

    texture: str
    roughness: float
    tile_m: float = 0.3
    bump: float = 0.0
    metallic: float = 0.0
    sheen: float = 0.0
    coat: float = 0.0
    glow: float = 0.0
    clear: float = 0.0


SURFACES = {
    "velvet": Surface("velvet", 0.75, 0.5, 0.15, sheen=0.9),
    "linen": Surface("linen", 0.95, 0.14, 0.5),
    "boucle": Surface("boucle", 0.97, 0.16, 1.0, sheen=0.15),
    "wool": Surface("wool", 0.95, 0.2, 0.5),
    "corduroy": Surface("corduroy", 0.92, 0.12, 1.0, sheen=0.3),
    "leather": Surface("leather", 0.36, 0.3, 0.28, coat=0.1),
    "cotton": Surface("linen", 0.95, 0.2, 0.25),
    "jute": Surface("jute", 0.95, 0.16, 1.0),
    "oak": Surface("wood", 0.48, 0.8, 0.08),
    "walnut": Surface("wood", 0.42, 0.8, 0.08),
    "wood": Surface("wood", 0.5, 0.8, 0.06),
    "lacquer": Surface("plain", 0.28, 1.0, coat=0.3),
    "metal": Surface("plain", 0.34, 1.0, metallic=1.0),
    "powder": Surface("plain", 0.5, 1.0),
    "ceramic": Surface("plain", 0.16, 1.0, coat=0.5),
    "stoneware": Surface("speckle", 0.6, 0.4, 0.1),
    "terracotta clay": Surface("clay", 0.85, 0.4, 0.15),
    "marble": Surface("marble", 0.2, 0.9, coat=0.3),
    "rattan": Surface("rattan", 0.6, 0.10, 1.0),
    "cane": Surface("cane", 0.6, 0.06, 0.6),
    "glass": Surface("plain", 0.03, clear=0.9),
    "smoked glass": Surface("plain", 0.05, clear=0.7),
    "paper": Surface("paper", 0.9, 0.5, 0.1, glow=0.05),
    "shade": Surface("linen", 0.9, 0.2, 0.1, glow=0.05),
    "bulb": Surface("plain", 0.4, glow=1.5),
    "opal": Surface("plain", 0.25, glow=0.1),
    "mirror": Surface("plain", 0.02, metallic=1.0),
    "leaf": Surface("leaf", 0.45, 0.2),
    "matt": Surface("plain", 0.9),
    "concrete": Surface("speckle", 0.85, 0.6, 0.2),
    "print": Surface("plain", 0.75),
    "soil": Surface("boucle", 1.0, 0.1, 0.6),
    "planks": Surface("planks", 0.45, 1.4, 0.1),
    "tiles": Surface("tiles", 0.3, 1.2, 0.2),
    "brick": Surface("brick", 0.9, 1.2, 0.5),
    "wallpaper": Surface("plain", 0.85),
    "ceiling": Surface("plain", 0.95, glow=0.22),
    "pane": Surface("plain", 1.0, glow=0.95),
    "pile": Surface("wool", 0.98, 0.25, 0.6, sheen=0.15),
}


@dataclass(frozen=True, slots=True)
class Finish:
    """A material in a colour. `pattern` repeats over the tile, or is a picture fitted to the part; `seed` varies it."""

    material: str
    colour: str
    pattern: str = "plain"
    second: str = ""
    seed: int = 0

    @property
    def surface(self):
        return SURFACES[self.material]

    @property
    def rgb(self):
        return COLOURS[self.colour]

    @property
    def second_rgb(self):
        return COLOURS[self.second or PARTNER.get(self.colour, "cream")]


WOODS = ("oak", "walnut", "black", "white")


def wood(name):
    """A wooden finish by the name of its colour: a grain for oak and walnut, stain or paint for others."""
    return Finish(name if name in ("oak", "walnut") else "wood" if name in ("black", "natural") else "lacquer", name)


def metal(name):
    """A metal by its name: brass, steel, copper are polished, other colours powder-coated."""
    return Finish("metal" if name in ("brass", "steel", "copper") else "powder", name)
