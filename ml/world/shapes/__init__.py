"""Product shapes: each function turns a design (a dict of choices and sizes in metres) into a Mesh."""

from ml.world.mesh import Mesh
from ml.world.shapes import decor, lamps, lounge, plants, seating, storage, tables, textile, wall

BUILDERS = {
    "sofa": lounge.sofa,
    "armchair": lounge.armchair,
    "dining chair": seating.chair,
    "bar stool": seating.stool,
    "bench": seating.bench,
    "pouf": seating.pouf,
    "bed": lounge.bed,
    "dining table": tables.table,
    "coffee table": tables.table,
    "side table": tables.table,
    "desk": tables.desk,
    "bookshelf": storage.bookshelf,
    "sideboard": storage.cabinet,
    "nightstand": storage.cabinet,
    "tv stand": storage.cabinet,
    "basket": storage.basket,
    "floor lamp": lamps.floor_lamp,
    "table lamp": lamps.table_lamp,
    "pendant lamp": lamps.pendant,
    "rug": textile.rug,
    "cushion": textile.cushion,
    "wall art": textile.art,
    "vase": decor.vase,
    "plant pot": plants.plant,
    "mirror": wall.mirror,
    "wall clock": wall.clock,
    "candle holder": decor.candle,
    "teapot": decor.teapot,
}


def build(category, design) -> Mesh:
    """The mesh of one design, standing on z = 0 and centred, front towards -y."""
    mesh = Mesh()
    BUILDERS[category](mesh, design)
    return mesh
