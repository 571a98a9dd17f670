"""What stands where in each kind of room, most important first, and the clutter around it."""

import math

from ml.world.layout import Floor, apart, shape
from ml.world.shapes import clutter


def furnish(kind, rng, size, pick):
    """A furnished Floor of one kind of room."""
    floor = Floor(rng, size, pick)
    RECIPES[kind](floor, rng)
    scatter(floor, rng)
    return floor


def chance(rng, p):
    return rng.random() < p


def hang(f, category, side, along, low=1.25, high=1.5):
    return f.wall(category, side, along, z=f.rng.uniform(low, high), gap=0.004)


def living(f, rng):
    side = rng.choice((-1, 1))
    sofa = f.wall("sofa", "back", rng.uniform(-0.4, 0.4))
    if sofa:
        f.before("rug", sofa, 0.75, solid=False)
        table = (
            f.before("coffee table", sofa, rng.uniform(0.35, 0.5), shift=rng.uniform(-0.2, 0.2))
            if chance(rng, 0.75)
            else None
        )
        if table:
            f.on(rng.choice(("vase", "candle holder", "teapot", "vase")), table)
        f.beside(rng.choice(("floor lamp", "floor lamp", "plant pot")), sofa, side)
        small = f.beside("side table", sofa, -side) if chance(rng, 0.6) else None
        if small:
            f.on(rng.choice(("table lamp", "vase", "candle holder", "table lamp")), small)
        for _ in range(rng.choice((0, 1, 1, 2))):
            f.on("cushion", sofa, ("seat",))
        hang(
            f, rng.choice(("wall art", "wall art", "mirror", "wall clock")), "back", sofa.at[0] + rng.uniform(-0.4, 0.4)
        )
        if chance(rng, 0.6):
            f.before(
                "armchair",
                sofa,
                rng.uniform(0.8, 1.1),
                turn=-side * rng.uniform(1.0, 1.5),
                shift=-side * rng.uniform(1.3, 1.6),
            )
        elif chance(rng, 0.6):
            f.before("pouf", sofa, rng.uniform(0.7, 1.2), shift=-side * rng.uniform(1.0, 1.4))
    wall_side = rng.choice(("left", "right"))
    if chance(rng, 0.6):
        long = f.wall(rng.choice(("tv stand", "sideboard", "bookshelf")), wall_side, rng.uniform(-0.8, 0.2))
        if long:
            f.on(rng.choice(("vase", "table lamp", "candle holder", "teapot")), long)
    if chance(rng, 0.35):
        f.wall(rng.choice(("plant pot", "basket")), rng.choice(("left", "right", "back")), None, gap=0.1)


def bedroom(f, rng):
    bed = f.wall("bed", "back", rng.uniform(-0.4, 0.4))
    if bed:
        side = rng.choice((-1, 1))
        stand = f.beside("nightstand", bed, side)
        if stand:
            f.on("table lamp", stand) if chance(rng, 0.8) else f.on("vase", stand)
        if chance(rng, 0.7):
            f.on("cushion", bed, ("bed",))
        if chance(rng, 0.55):
            f.before("rug", bed, -0.1, solid=False, turn=0, shift=side * 0.3)
        if chance(rng, 0.45):
            f.before(rng.choice(("bench", "bench", "pouf")), bed, 0.1)
        hang(f, rng.choice(("wall art", "mirror", "wall art")), "back", bed.at[0], 1.35, 1.5)
        if chance(rng, 0.5):
            f.beside(rng.choice(("floor lamp", "plant pot", "armchair")), bed, -side, gap=0.2)
    if chance(rng, 0.5):
        drop(f, bed.at[0] if bed else 0.0, 0.2)
    if chance(rng, 0.6):
        f.wall(
            rng.choice(("basket", "bookshelf", "armchair", "sideboard")),
            rng.choice(("left", "right")),
            rng.uniform(-0.9, 0),
        )


def drop(f, x, y):
    """Hang a pendant lamp from the ceiling."""
    sku = f.pick("pendant lamp")
    _, high, _ = shape(sku)
    f.put(sku, x, y, f.rng.uniform(-0.3, 0.3), f.size[2] - high[2], gap=0)


def dining(f, rng):
    sku = f.pick("dining table")
    low, high, _ = shape(sku)
    x, y = rng.uniform(-0.4, 0.4), rng.uniform(0.0, 0.4)
    table = f.put(sku, x, y, rng.uniform(-0.1, 0.1))
    if table and chance(rng, 0.55):
        f.put(f.pick("rug"), x, y, 0.0, solid=False)
    chair = f.pick(rng.choice(("dining chair", "dining chair", "dining chair", "bar stool")))
    if table:
        reach = high[1] + rng.uniform(0.2, 0.35)
        places = [(-0.42, -reach, math.pi), (0.42, -reach, math.pi), (-0.42, reach, 0.0), (0.42, reach, 0.0)]
        for dx, dy, turn in rng.sample(places, rng.choice((2, 3, 4))):
            f.put(chair, x + dx * high[0], y + dy, turn + rng.uniform(-0.25, 0.25), gap=-0.12)
        for category in rng.sample(("vase", "candle holder", "teapot"), rng.choice((1, 2))):
            f.on(category, table)
        if chance(rng, 0.75):
            drop(f, x, y)
    board = (
        f.wall(rng.choice(("sideboard", "sideboard", "bookshelf")), "back", rng.uniform(-0.8, 0.8))
        if chance(rng, 0.8)
        else None
    )
    if board:
        f.on(rng.choice(("table lamp", "vase", "teapot", "candle holder")), board)
    hang(f, rng.choice(("wall art", "wall clock", "mirror")), "back", rng.uniform(-1, 1), 1.4, 1.55)
    if chance(rng, 0.4):
        f.wall(rng.choice(("plant pot", "basket", "bench")), rng.choice(("left", "right")), None, gap=0.08)


def study(f, rng):
    desk = f.wall("desk", "back", rng.uniform(-0.5, 0.5))
    if desk:
        f.before(
            rng.choice(("dining chair", "dining chair", "armchair")),
            desk,
            rng.uniform(-0.05, 0.2),
            turn=math.pi + rng.uniform(-0.6, 0.6),
        )
        f.on(rng.choice(("table lamp", "table lamp", "vase")), desk)
        side = rng.choice((-1, 1))
        f.beside(rng.choice(("bookshelf", "bookshelf", "floor lamp", "plant pot")), desk, side, gap=0.1)
        f.beside(rng.choice(("basket", "plant pot", "side table", "floor lamp")), desk, -side, gap=0.1)
        hang(f, rng.choice(("wall clock", "wall art")), "back", desk.at[0] + rng.uniform(-0.3, 0.3), 1.35, 1.55)
    if chance(rng, 0.6):
        f.put(f.pick("rug"), rng.uniform(-0.3, 0.3), rng.uniform(-0.6, 0.0), rng.choice((0, math.pi / 2)), solid=False)
    if chance(rng, 0.7):
        f.put(
            f.pick(rng.choice(("pouf", "armchair", "side table", "bench"))),
            rng.choice((-1, 1)) * rng.uniform(0.9, 1.4),
            rng.uniform(-0.8, 0.0),
            rng.uniform(-1, 1),
        )
    if chance(rng, 0.4):
        f.wall(rng.choice(("sideboard", "bookshelf", "tv stand")), rng.choice(("left", "right")), None)


def hall(f, rng):
    main = f.wall(rng.choice(("bench", "sideboard", "bench", "nightstand", "tv stand")), "back", rng.uniform(-0.4, 0.4))
    if main:
        sku = f.skus[main]
        if sku.category == "bench":
            if chance(rng, 0.6):
                f.on("cushion", main, ("seat",))
        else:
            f.on(
                rng.choice(
                    ("table lamp", "vase", "candle holder", "plant pot" if sku.category == "sideboard" else "vase")
                ),
                main,
            )
        hang(
            f,
            rng.choice(("mirror", "mirror", "wall art", "wall clock")),
            "back",
            main.at[0] + rng.uniform(-0.3, 0.3),
            1.2,
            1.4,
        )
        side = rng.choice((-1, 1))
        f.beside("basket", main, side, gap=0.1)
        f.beside(rng.choice(("plant pot", "floor lamp", "bar stool", "pouf")), main, -side, gap=0.15)
        if chance(rng, 0.7):
            f.before("rug", main, 0.85, solid=False)
    if chance(rng, 0.6):
        drop(f, rng.uniform(-0.4, 0.4), rng.uniform(-0.2, 0.6))
    if chance(rng, 0.5):
        f.wall(
            rng.choice(("bookshelf", "armchair", "side table", "bar stool", "pouf")),
            rng.choice(("left", "right")),
            None,
            gap=0.06,
        )


def scatter(f, rng):
    """Clutter on the floor, on tables, on shelves and on seats."""
    w, d = f.size[0] / 2, f.size[1] / 2
    for item in list(f.skus):
        category = f.skus[item].category
        if category == "bookshelf":
            for _ in range(rng.randint(3, 8)):
                spot = f.spot(item, ("shelf",), 0.16)
                if spot:
                    f.litter(rng.choice(list(clutter.SHELF)), spot, item.turn)
        elif category == "tv stand" and chance(rng, 0.6):
            if not any(math.dist(s[0][:2], item.at[:2]) < 0.5 for s in f.spots):
                f.litter("television", (item.at[0], item.at[1], shape(f.skus[item])[1][2]), item.turn)
        elif chance(rng, 0.5):
            kinds, names = (
                (("seat",), clutter.SEAT) if category in ("sofa", "bench") else (("top", "shelf"), clutter.TOP)
            )
            for _ in range(rng.randint(1, 2)):
                spot = f.spot(item, kinds, 0.17)
                if spot:
                    f.litter(rng.choice(list(names)), spot, item.turn + rng.uniform(-0.6, 0.6))
    for _ in range(rng.randint(0, 4)):
        x, y = rng.uniform(-w + 0.3, w - 0.3), rng.uniform(-d * 0.4, d - 0.3)
        box = (x - 0.22, x + 0.22, y - 0.22, y + 0.22)
        if all(apart(box, other) or o_z > 0.6 for other, o_z, _ in f.taken):
            f.taken.append((box, 0.0, 0.3))
            f.litter(rng.choice(list(clutter.FLOOR)), (x, y, 0.012), rng.uniform(0, 6.28))


RECIPES = {"living": living, "bedroom": bedroom, "dining": dining, "study": study, "hall": hall}
