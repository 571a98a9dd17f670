"""The designs of the demo shop: six to a category, each sold in three variants of one thing only."""

# ruff: noqa: E501  (a table reads best with one design a line)
# fmt: off

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Design:
    """One family. `vary` is what its variants differ in: colour | fabric | legs; `sets` picks the values."""

    material: str
    params: dict
    vary: str = "colour"
    legs: str = "oak"
    pattern: str = "plain"
    style: str = "scandinavian"
    options: tuple = ()


@dataclass(frozen=True, slots=True)
class Category:
    name: str
    path: str
    price: tuple
    designs: tuple = field(default=())


def d(material, *options, vary="colour", legs="oak", pattern="plain", style="scandinavian", **params):
    return Design(material, params, vary, legs, pattern, style, options)


SEATING = (
    Category("sofa", "Furniture > Seating > Sofas", (549, 1890), (
        d("velvet", "green", "navy", "blush pink", legs="walnut", style="mid-century", w=2.1, seats=3, arm="round", back="loose", legs_="taper"),
        d("linen", "grey", "cream", "terracotta", legs="oak", w=1.9, seats=2, arm="box", back="loose", legs_="block"),
        d("leather", "tan", "black", "burgundy", legs="walnut", style="classic", w=2.0, seats=3, arm="round", back="button", legs_="block", h=0.8, leg_h=0.1),
        d("boucle", "cream", "charcoal", "sage", legs="black", style="modern", w=2.2, seats=2, arm="slope", back="tight", legs_="plinth", leg_h=0.08),
        d("wool", "mustard", "teal", "charcoal", legs="oak", style="mid-century", w=1.75, seats=2, arm="slim", back="channel", legs_="taper", leg_h=0.2),
        d("linen", "oak", "black metal", "brass", vary="legs", pattern="plain:sky blue", style="modern", w=2.3, seats=3, arm="box", back="loose", legs_="sled", chaise=True))),
    Category("armchair", "Furniture > Seating > Armchairs", (199, 690), (
        d("velvet", "green", "mustard", "burgundy", legs="brass", style="modern", w=0.78, kind="tub", legs_="pin"),
        d("wool", "grey", "red", "navy", legs="oak", style="classic", w=0.78, kind="wing", legs_="taper"),
        d("leather", "tan", "black", "cream", legs="oak", style="mid-century", w=0.72, kind="lounge", legs_="taper"),
        d("linen", "sage", "terracotta", "charcoal", legs="walnut", w=0.9, arm="box", back="loose", legs_="block"),
        d("velvet", "velvet", "boucle", "leather", vary="fabric", pattern="plain:cream", legs="black metal", style="modern", w=0.7, kind="lounge", frame="loop"),
        d("boucle", "oak", "walnut", "black", vary="legs", pattern="plain:blush pink", style="modern", w=0.82, arm="slope", back="tight", legs_="taper", leg_h=0.22))),
    Category("dining chair", "Furniture > Seating > Dining chairs", (59, 239), (
        d("wood", "oak", "black", "green", style="scandinavian", back="spindle", legs_="taper", pad=False),
        d("velvet", "teal", "blush pink", "charcoal", legs="brass", style="modern", back="shell", legs_="pin"),
        d("leather", "tan", "black", "white", legs="black metal", style="industrial", back="panel", legs_="sled"),
        d("cane", "natural", "black", "walnut", legs="same", style="mid-century", back="cane", legs_="taper", h=0.82),
        d("wood", "walnut", "white", "red", style="classic", back="ladder", legs_="block", h=0.95, pad=False),
        d("linen", "oak", "walnut", "white", vary="legs", pattern="plain:sage", style="scandinavian", back="ring", legs_="taper", h=0.76))),
    Category("bar stool", "Furniture > Seating > Bar stools", (69, 229), (
        d("leather", "black", "tan", "white", legs="steel", style="industrial", seat="round", legs_="pedestal"),
        d("wood", "oak", "black", "white", style="scandinavian", seat="saddle", legs_="taper"),
        d("velvet", "navy", "green", "blush pink", legs="brass", style="modern", seat="back", legs_="pin"),
        d("boucle", "cream", "grey", "terracotta", legs="black metal", style="modern", seat="square", legs_="sled"),
        d("powder", "red", "mustard", "sage", legs="same", style="industrial", seat="round", legs_="taper"),
        d("leather", "brass", "black metal", "steel", vary="legs", pattern="plain:charcoal", style="industrial", seat="back", legs_="sled", h=0.72))),
    Category("bench", "Furniture > Seating > Benches", (99, 420), (
        d("velvet", "navy", "mustard", "sage", legs="brass", style="modern", w=1.1, seat="pad", legs_="pin", tuft=True),
        d("wood", "oak", "walnut", "white", style="scandinavian", w=1.2, seat="slats", legs_="block"),
        d("linen", "grey", "terracotta", "green", legs="oak", style="scandinavian", w=1.0, seat="storage", legs_="plinth"),
        d("wood", "black", "oak", "sky blue", legs="black metal", style="industrial", w=1.2, seat="plank", legs_="hairpin"),
        d("boucle", "cream", "charcoal", "blush pink", legs="walnut", style="classic", w=1.15, seat="roll", legs_="taper"),
        d("leather", "tan", "black", "burgundy", legs="black metal", style="mid-century", w=1.3, seat="pad", legs_="sled"))),
    Category("pouf", "Furniture > Seating > Poufs", (49, 189), (
        d("velvet", "burgundy", "green", "mustard", style="modern", r=0.26, h=0.4, form="flute"),
        d("wool", "cream", "grey", "terracotta", style="boho", r=0.28, h=0.36, form="ball"),
        d("leather", "tan", "black", "white", style="boho", r=0.27, h=0.34, form="drum"),
        d("boucle", "cream", "sage", "charcoal", style="modern", r=0.25, h=0.4, form="drum"),
        d("corduroy", "navy", "mustard", "blush pink", style="mid-century", r=0.24, h=0.4, form="cube"),
        d("linen", "teal", "red", "grey", legs="oak", style="scandinavian", r=0.28, h=0.42, form="legs"))),
    Category("bed", "Furniture > Bedroom > Beds", (349, 1290), (
        d("velvet", "navy", "green", "blush pink", legs="black", style="modern", w=1.62, head="channel", legs_="block", h=1.15),
        d("wood", "oak", "walnut", "white", style="scandinavian", w=1.62, head="slats", legs_="block", h=0.95),
        d("linen", "grey", "cream", "terracotta", legs="oak", style="classic", w=1.7, head="button", legs_="taper", h=1.15),
        d("boucle", "cream", "charcoal", "sage", legs="oak", style="modern", w=1.66, head="arch", legs_="block", h=1.0),
        d("leather", "black", "tan", "white", legs="steel", style="modern", w=1.66, head="panel", legs_="pin", h=0.9),
        d("wood", "black", "sage", "oak", style="mid-century", w=1.45, head="panel", legs_="taper", h=0.85))),
)

TABLES = (
    Category("dining table", "Furniture > Tables > Dining tables", (249, 1190), (
        d("wood", "oak", "walnut", "black", style="scandinavian", w=1.8, d=0.9, h=0.75, top="rect", legs_="taper", legs="same"),
        d("marble", "white", "black", "green", legs="brass", style="modern", w=1.2, h=0.75, top="round", legs_="pedestal"),
        d("wood", "walnut", "oak", "white", legs="black metal", style="industrial", w=1.7, d=0.85, h=0.75, top="rect", legs_="sled", t=0.04),
        d("wood", "white", "oak", "charcoal", style="modern", w=1.7, d=1.0, h=0.75, top="oval", legs_="drum", legs="same"),
        d("wood", "oak", "black", "sage", style="classic", w=1.7, d=0.8, h=0.75, top="rect", legs_="trestle", legs="same"),
        d("wood", "black metal", "oak", "brass", vary="legs", pattern="plain:walnut", style="mid-century", w=1.25, h=0.75, top="round", legs_="taper"))),
    Category("coffee table", "Furniture > Tables > Coffee tables", (99, 590), (
        d("wood", "oak", "walnut", "white", style="scandinavian", w=1.1, d=0.6, h=0.42, top="rect", legs_="taper", shelf="top", legs="same"),
        d("marble", "white", "black", "green", legs="brass", style="modern", w=0.85, h=0.4, top="round", legs_="hoop"),
        d("wood", "walnut", "black", "cream", style="modern", w=0.9, h=0.36, top="round", legs_="drum", legs="same"),
        d("wood", "oak", "black", "teal", legs="black metal", style="industrial", w=1.1, d=0.6, h=0.42, top="rect", legs_="hairpin"),
        d("wood", "oak", "white", "terracotta", style="boho", w=1.05, d=0.75, h=0.38, top="pebble", legs_="slab", legs="same"),
        d("wood", "brass", "black metal", "white", vary="legs", pattern="plain:walnut", style="mid-century", w=1.15, d=0.6, h=0.42, top="oval", legs_="cross"))),
    Category("side table", "Furniture > Tables > Side tables", (49, 249), (
        d("powder", "sage", "black", "mustard", legs="same", style="scandinavian", w=0.42, h=0.5, top="tray", legs_="pedestal", foot=0.36),
        d("marble", "white", "black", "blush pink", legs="brass", style="modern", w=0.4, h=0.52, top="round", legs_="tripod"),
        d("wood", "oak", "walnut", "black", style="mid-century", w=0.45, h=0.5, top="round", legs_="tripod", legs="same"),
        d("wood", "walnut", "oak", "white", legs="black metal", style="industrial", w=0.45, d=0.35, h=0.58, top="rect", legs_="cstand"),
        d("lacquer", "red", "teal", "cream", style="modern", w=0.42, h=0.46, top="round", legs_="cone", legs="same"),
        d("rattan", "natural", "black", "white", style="boho", w=0.46, h=0.48, top="round", legs_="drum", legs="same"))),
    Category("desk", "Furniture > Office > Desks", (149, 620), (
        d("wood", "oak", "walnut", "white", style="scandinavian", w=1.2, store="drawers", legs_="taper", legs="same"),
        d("wood", "walnut", "oak", "black", legs="black metal", style="industrial", w=1.3, store="none", legs_="sled"),
        d("lacquer", "white", "navy", "sage", style="modern", w=1.25, store="side", legs_="block", legs="same", handle="edge"),
        d("wood", "oak", "white", "green", style="classic", w=1.15, store="hutch", legs_="taper", legs="same"),
        d("wood", "oak", "black", "walnut", legs="white", style="modern", w=1.35, store="none", legs_="trestle"),
        d("wood", "brass", "black metal", "oak", vary="legs", pattern="plain:white", style="modern", w=1.1, store="drawers", legs_="hairpin", handle="bar"))),
)

STORAGE = (
    Category("bookshelf", "Furniture > Storage > Bookshelves", (79, 540), (
        d("wood", "oak", "white", "walnut", style="scandinavian", w=0.8, h=1.85, n=5, form="closed"),
        d("wood", "walnut", "oak", "white", legs="black metal", style="industrial", w=0.95, h=1.75, n=4, form="open"),
        d("wood", "oak", "black", "sage", style="modern", w=0.62, h=1.75, n=4, form="ladder", legs="same"),
        d("lacquer", "white", "black", "teal", style="modern", w=1.1, h=1.1, n=3, form="grid"),
        d("wood", "walnut", "navy", "cream", style="classic", w=0.85, h=1.9, n=5, form="doors"),
        d("wood", "brass", "black metal", "steel", vary="legs", pattern="plain:white", style="modern", w=0.7, h=1.5, n=4, form="open"))),
    Category("sideboard", "Furniture > Storage > Sideboards", (229, 980), (
        d("wood", "walnut", "oak", "black", style="mid-century", w=1.6, h=0.75, cells=("door", 3, "door"), legs_="taper", handle="edge", legs="same"),
        d("wood", "oak", "walnut", "sage", style="scandinavian", w=1.5, h=0.78, cells=("slat", "slat", "slat"), legs_="pin", handle="none", legs="black metal"),
        d("wood", "natural", "white", "black", style="boho", w=1.4, h=0.8, cells=("cane", "cane", "cane"), legs_="block", handle="knob", legs="same"),
        d("lacquer", "navy", "terracotta", "white", style="modern", w=1.5, h=0.7, cells=("door", "door"), legs_="sled", handle="bar", legs="brass"),
        d("wood", "oak", "white", "charcoal", style="classic", w=1.3, h=0.85, cells=(3, 3, 3), legs_="plinth", leg_h=0.08, handle="cup", legs="same"),
        d("wood", "oak", "walnut", "green", style="industrial", w=1.6, h=0.72, cells=("open", "door", "open"), legs_="hairpin", handle="bar", legs="black metal"))),
    Category("nightstand", "Furniture > Bedroom > Nightstands", (49, 240), (
        d("wood", "oak", "walnut", "white", style="scandinavian", w=0.46, d=0.4, h=0.52, cells=(2,), legs_="taper", handle="knob", legs="same"),
        d("lacquer", "navy", "blush pink", "white", style="modern", w=0.45, d=0.4, h=0.5, cells=(2,), legs_="pin", handle="edge", legs="brass"),
        d("wood", "natural", "black", "sage", style="boho", w=0.48, d=0.4, h=0.55, cells=("cane",), legs_="block", handle="knob", legs="same"),
        d("wood", "walnut", "oak", "charcoal", style="mid-century", w=0.5, d=0.42, h=0.5, cells=("open",), legs_="taper", legs="same"),
        d("wood", "white", "oak", "teal", style="classic", w=0.46, d=0.4, h=0.6, cells=(3,), legs_="plinth", leg_h=0.06, handle="cup", legs="same"),
        d("wood", "oak", "black", "walnut", style="industrial", w=0.45, d=0.4, h=0.55, cells=("slat",), legs_="sled", leg_h=0.2, handle="none", legs="black metal"))),
    Category("tv stand", "Furniture > Storage > TV stands", (119, 620), (
        d("wood", "oak", "walnut", "white", style="scandinavian", w=1.5, h=0.5, cells=("open", "door", "open"), legs_="taper", handle="knob", legs="same"),
        d("wood", "walnut", "black", "oak", style="mid-century", w=1.6, h=0.48, cells=("slat", "open", "slat"), legs_="pin", handle="none", legs="black metal"),
        d("lacquer", "white", "charcoal", "sage", style="modern", w=1.7, h=0.42, cells=(1, 1, 1), legs_="plinth", leg_h=0.06, handle="edge", legs="black"),
        d("wood", "natural", "black", "white", style="boho", w=1.4, h=0.52, cells=("cane", "open", "cane"), legs_="block", legs="same"),
        d("wood", "oak", "walnut", "navy", style="industrial", w=1.45, h=0.5, cells=("open", 2), legs_="hairpin", handle="bar", legs="black metal"),
        d("wood", "white", "oak", "terracotta", style="modern", w=1.5, h=0.46, cells=("door", "open", "door"), legs_="sled", leg_h=0.14, handle="bar", legs="brass"))),
    Category("basket", "Home > Storage > Baskets", (19, 79), (
        d("rattan", "natural", "black", "white", style="boho", r=0.2, h=0.32, form="belly", handles="loop"),
        d("jute", "natural", "grey", "terracotta", legs="cream", style="boho", r=0.2, h=0.3, form="taper", handles="loop"),
        d("wool", "grey", "mustard", "navy", legs="tan", style="scandinavian", r=0.18, h=0.28, form="round", handles="rope"),
        d("rattan", "natural", "charcoal", "sage", legs="tan", style="scandinavian", r=0.22, h=0.24, form="rect", handles="none"),
        d("jute", "natural", "blush pink", "black", style="boho", r=0.19, h=0.46, form="tall", handles="loop"),
        d("cotton", "white", "terracotta", "teal", legs="tan", pattern="striped", style="modern", r=0.19, h=0.3, form="taper", handles="loop"))),
)

LAMPS = (
    Category("floor lamp", "Lighting > Floor lamps", (69, 349), (
        d("shade", "white", "mustard", "charcoal", legs="oak", style="scandinavian", stand="tripod", shade="drum", h=1.5, r=0.23, sh=0.28),
        d("powder", "black", "brass", "white", legs="same", style="modern", stand="arc", shade="dome", h=1.8, r=0.17, sh=0.15),
        d("powder", "sage", "red", "black", legs="same", style="mid-century", stand="reader", shade="cone", h=1.4, r=0.12, sh=0.17),
        d("shade", "cream", "green", "terracotta", legs="brass", style="classic", stand="pole", shade="empire", h=1.55, r=0.22, sh=0.24),
        d("paper", "white", "blush pink", "tan", legs="black", style="scandinavian", stand="pole", shade="lantern", h=1.5, r=0.2, sh=0.42),
        d("rattan", "natural", "black", "white", legs="black metal", style="boho", stand="pole", shade="bell", h=1.5, r=0.24, sh=0.28))),
    Category("table lamp", "Lighting > Table lamps", (29, 179), (
        d("ceramic", "green", "white", "navy", legs="white", style="classic", base="gourd", shade="drum", h=0.5, r=0.15, sh=0.2),
        d("powder", "mustard", "black", "sage", legs="same", style="modern", base="mushroom", shade="dome", h=0.36, r=0.16, sh=0.14),
        d("marble", "white", "black", "green", legs="cream", style="modern", base="cube", shade="empire", h=0.44, r=0.14, sh=0.18),
        d("stoneware", "terracotta", "cream", "charcoal", legs="cream", style="boho", base="ball", shade="cone", h=0.46, r=0.17, sh=0.2),
        d("wood", "oak", "walnut", "black", legs="white", style="scandinavian", base="column", shade="drum", h=0.48, r=0.14, sh=0.18),
        d("ceramic", "red", "sky blue", "blush pink", legs="white", style="mid-century", base="gourd", shade="cone", h=0.48, r=0.17, sh=0.19))),
    Category("pendant lamp", "Lighting > Pendant lamps", (39, 289), (
        d("powder", "black", "sage", "mustard", legs="brass", style="industrial", shade="dome", r=0.24, sh=0.2),
        d("rattan", "natural", "black", "white", legs="black metal", style="boho", shade="bell", r=0.27, sh=0.28),
        d("metal", "brass", "copper", "steel", legs="black metal", style="modern", shade="cone", r=0.2, sh=0.24),
        d("paper", "white", "terracotta", "sage", legs="white", style="scandinavian", shade="lantern", r=0.26, sh=0.4),
        d("powder", "white", "navy", "red", legs="same", style="mid-century", shade="empire", r=0.26, sh=0.13, tiers=3),
        d("opal", "brass", "black metal", "copper", vary="legs", pattern="plain:white", style="modern", shade="globe", r=0.1, sh=0.2, cluster=True))),
)

TEXTILES = (
    Category("rug", "Home > Textiles > Rugs", (79, 490), (
        d("pile", "red", "navy", "green", pattern="medallion", style="classic", w=2.2, d=1.5, form="rect", fringe=True),
        d("pile", "cream", "charcoal", "terracotta", pattern="diamonds", style="boho", w=2.1, d=1.4, form="rect", fringe=True),
        d("pile", "sage", "blush pink", "mustard", pattern="abstract", style="modern", w=2.0, d=1.4, form="rect"),
        d("pile", "navy", "terracotta", "grey", pattern="circles", style="modern", w=1.6, d=1.6, form="round"),
        d("jute", "natural", "black", "sky blue", pattern="striped", style="scandinavian", w=2.1, d=1.4, form="rect"),
        d("pile", "teal", "burgundy", "tan", pattern="kilim", style="boho", w=2.2, d=1.4, form="rect", fringe=True))),
    Category("cushion", "Home > Textiles > Cushions", (15, 59), (
        d("velvet", "mustard", "green", "burgundy", style="modern", w=0.46, form="square", edge="piping"),
        d("linen", "navy", "terracotta", "grey", pattern="striped", style="scandinavian", w=0.46, form="square"),
        d("cotton", "red", "sage", "black", pattern="checked", style="classic", w=0.56, h=0.36, form="oblong"),
        d("cotton", "teal", "blush pink", "charcoal", pattern="geometric", style="boho", w=0.46, form="square", edge="tassel"),
        d("wool", "cream", "charcoal", "sky blue", pattern="herringbone", style="scandinavian", w=0.46, form="square"),
        d("velvet", "navy", "tan", "lilac", style="modern", w=0.42, form="round"))),
    Category("wall art", "Home > Decor > Wall art", (25, 159), (
        d("print", "terracotta", "navy", "green", pattern="landscape", legs="oak", style="boho", w=0.6, h=0.8, mount=0.06),
        d("print", "sage", "black", "mustard", pattern="botanical", legs="black", style="scandinavian", w=0.5, h=0.7, mount=0.05),
        d("print", "blush pink", "teal", "charcoal", pattern="abstract", style="modern", w=0.9, h=0.7, canvas=True),
        d("print", "mustard", "terracotta", "navy", pattern="arches", legs="oak", style="mid-century", w=0.5, h=0.7, mount=0.0),
        d("print", "red", "sky blue", "green", pattern="colour block", legs="white", style="modern", w=0.6, h=0.8, mount=0.04),
        d("print", "black", "burgundy", "tan", pattern="circles", legs="walnut", style="mid-century", w=0.65, h=0.65, mount=0.05))),
)

V = {"bottle": ((0.5, 0), (0.9, 0.12), (1, 0.35), (0.8, 0.55), (0.3, 0.7), (0.28, 0.94), (0.36, 1)),
     "urn": ((0.45, 0), (0.75, 0.2), (1, 0.6), (0.85, 0.84), (0.5, 0.93), (0.58, 1)),
     "ball": ((0.4, 0), (0.85, 0.2), (1, 0.5), (0.8, 0.82), (0.4, 0.95), (0.42, 1)),
     "flare": ((0.5, 0), (0.52, 0.3), (0.62, 0.65), (0.8, 0.88), (1, 1)),
     "wave": ((0.6, 0), (1, 0.16), (0.62, 0.34), (0.95, 0.52), (0.6, 0.72), (0.8, 0.9), (0.7, 1)),
     "cyl": ((0.92, 0), (0.95, 0.5), (0.98, 1)),
     "pot": ((0.6, 0), (0.95, 0.25), (1, 0.5), (0.8, 0.85), (0.5, 1)),
     "cone": ((1, 0), (0.95, 0.2), (0.7, 0.65), (0.4, 1)),
     "squat": ((0.7, 0), (1, 0.35), (0.96, 0.6), (0.45, 1))}

DECOR = (
    Category("vase", "Home > Decor > Vases", (15, 89), (
        d("ceramic", "green", "white", "sky blue", style="classic", r=0.1, h=0.32, profile=V["urn"], handles=True),
        d("stoneware", "cream", "terracotta", "charcoal", style="boho", r=0.11, h=0.28, profile=V["ball"], stems=5),
        d("ceramic", "mustard", "black", "blush pink", style="modern", r=0.085, h=0.3, profile=V["wave"]),
        d("glass", "teal", "burgundy", "clear", style="modern", r=0.09, h=0.34, profile=V["bottle"]),
        d("matt", "white", "sage", "navy", style="scandinavian", r=0.09, h=0.26, profile=V["cyl"], ribs=18, stems=7),
        d("metal", "brass", "steel", "copper", style="modern", r=0.1, h=0.3, profile=V["flare"]))),
    Category("plant pot", "Home > Decor > Plant pots", (19, 119), (
        d("ceramic", "white", "green", "mustard", style="scandinavian", r=0.15, ph=0.27, pot="cylinder", plant="fig", size=0.75),
        d("terracotta clay", "terracotta", "cream", "charcoal", style="boho", r=0.15, ph=0.26, pot="taper", plant="snake", size=0.62),
        d("ceramic", "navy", "blush pink", "black", style="modern", r=0.15, ph=0.22, pot="feet", plant="palm", size=0.8, legs="oak"),
        d("stoneware", "grey", "sage", "white", style="modern", r=0.15, ph=0.2, pot="ribbed", plant="fern", size=0.42),
        d("rattan", "natural", "black", "white", style="boho", r=0.17, ph=0.28, pot="belly", plant="palm", size=0.7),
        d("ceramic", "sky blue", "red", "cream", style="mid-century", r=0.11, ph=0.13, pot="bowl", plant="aloe", size=0.3))),
    Category("mirror", "Home > Decor > Mirrors", (39, 259), (
        d("metal", "brass", "black", "copper", style="modern", w=0.7, h=0.7, form="round", f=0.025),
        d("wood", "oak", "walnut", "white", style="scandinavian", w=0.6, h=0.9, form="rect", f=0.045),
        d("powder", "black", "sage", "brass", style="modern", w=0.6, h=1.1, form="arch", f=0.022),
        d("metal", "brass", "black", "steel", style="boho", w=0.46, h=0.46, form="sun", f=0.03),
        d("lacquer", "white", "navy", "terracotta", style="classic", w=0.55, h=0.8, form="oval", f=0.05),
        d("powder", "black", "white", "green", style="industrial", w=0.7, h=1.0, form="window", f=0.028))),
    Category("wall clock", "Home > Decor > Wall clocks", (19, 99), (
        d("wood", "oak", "walnut", "black", legs="black", style="scandinavian", r=0.16, form="round", marks="bars"),
        d("powder", "green", "mustard", "white", legs="same", style="mid-century", r=0.15, form="round", marks="dots", f=0.03),
        d("metal", "brass", "copper", "steel", legs="black", style="classic", r=0.18, form="round", marks="bars", f=0.03),
        d("powder", "black", "brass", "white", legs="same", style="industrial", r=0.27, form="open", marks="bars"),
        d("wood", "walnut", "white", "sage", legs="brass", style="modern", r=0.15, form="square", marks="dots"),
        d("lacquer", "red", "navy", "blush pink", legs="black", style="modern", r=0.15, form="round", marks="dots", f=0.045))),
    Category("candle holder", "Home > Decor > Candle holders", (12, 69), (
        d("metal", "brass", "black", "steel", style="classic", h=0.26, form="stick"),
        d("powder", "black", "white", "terracotta", style="modern", h=0.26, form="trio"),
        d("powder", "black", "white", "green", style="industrial", h=0.32, form="lantern"),
        d("glass", "burgundy", "green", "mustard", style="boho", h=0.1, form="bowl"),
        d("powder", "sage", "blush pink", "brass", style="modern", h=0.28, form="ring"),
        d("wood", "walnut", "oak", "white", style="scandinavian", h=0.06, form="block"))),
    Category("teapot", "Home > Kitchen > Teapots", (24, 89), (
        d("ceramic", "white", "navy", "red", style="classic", r=0.09, h=0.14, profile=V["pot"], handle="side", legs="same"),
        d("stoneware", "cream", "charcoal", "sage", style="scandinavian", r=0.09, h=0.12, profile=V["cyl"], handle="over", legs="oak"),
        d("ceramic", "green", "mustard", "sky blue", style="mid-century", r=0.1, h=0.15, profile=V["cone"], handle="side", legs="walnut"),
        d("powder", "black", "red", "teal", style="boho", r=0.1, h=0.12, profile=V["squat"], handle="over", ribs=24, legs="black"),
        d("metal", "steel", "copper", "brass", style="modern", r=0.09, h=0.14, profile=V["pot"], handle="over", legs="black"),
        d("terracotta clay", "terracotta", "cream", "black", style="boho", r=0.085, h=0.13, profile=V["ball"], handle="side", legs="same"))),
)

CATEGORIES = (*SEATING, *TABLES, *STORAGE, *LAMPS, *TEXTILES, *DECOR)
