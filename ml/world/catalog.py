"""The catalog plan: every family, variant, price and title, from one seed."""

import random
from dataclasses import replace

from ml.world.designs import CATEGORIES
from ml.world.finishing import finishes
from ml.world.spec import Sku
from ml.world.variations import other_categories
from ml.world.wording import describe, plain_material, title

BRANDS = (
    "Nordhaven",
    "Casa Brava",
    "Fjord & Finch",
    "Atelier Mont",
    "Oak & Iron",
    "Maison Lune",
    "Studio Halden",
    "Loom House",
    "Kiln Street",
    "Brightwater",
)
SELLERS = ("Sightline Home", "Haus & Hof", "Living Depot", "The Corner Shop")
NAMES = (
    "Lund",
    "Alba",
    "Tove",
    "Marlow",
    "Ines",
    "Bodø",
    "Siena",
    "Hugo",
    "Freya",
    "Porto",
    "Wren",
    "Oslo",
    "Nola",
    "Viggo",
    "Elba",
    "Mira",
    "Arlo",
    "Juno",
    "Kasper",
    "Dune",
    "Hazel",
    "Otto",
    "Linnea",
    "Cleo",
    "Anders",
    "Isla",
    "Bruno",
    "Maren",
    "Theo",
    "Runa",
    "Soren",
    "Pia",
    "Gus",
    "Nila",
    "Enzo",
    "Saga",
    "Milo",
    "Vera",
    "Axel",
    "Luna",
    "Felix",
    "Ada",
)
# What families of other worlds are called, so that no product of theirs has the title of one of the demo's.
NAMES_ELSEWHERE = (
    "Aino",
    "Birk",
    "Carla",
    "Dario",
    "Edda",
    "Falk",
    "Greta",
    "Henrik",
    "Ilva",
    "Jarle",
    "Klara",
    "Leif",
    "Marit",
    "Nero",
    "Olga",
    "Petra",
    "Quinn",
    "Rafael",
    "Signe",
    "Tilda",
    "Ulla",
    "Vito",
    "Wanda",
    "Yrsa",
    "Zeno",
    "Astrid",
    "Bela",
    "Cosima",
    "Dag",
    "Elio",
    "Frida",
)
DUPLICATES = 42
DEMO_SEED = 7
NUMBERS_A_WORLD = 10_000


def plan_catalog(seed=DEMO_SEED):
    """All SKUs in feed order, copies by other sellers last. Another seed gives other products."""
    rng = random.Random(seed)
    skus = []
    categories = CATEGORIES if seed == DEMO_SEED else other_categories(seed, golden_designs())
    for index, category in enumerate(categories):
        golden = set(rng.sample(range(len(category.designs)), 1 if index % 5 == 4 else 2))
        for k, design in enumerate(category.designs):
            skus += family(rng, category, design, k, len(skus), "golden" if k in golden else "train", index, seed)
    return (*skus, *copies(rng, skus))


def golden_designs():
    """{category: places of the designs that the demo's golden rooms hold}."""
    splits = {sku.family: sku.split for sku in plan_catalog() if not sku.copy_of}
    order = iter(splits.values())
    return {
        category.name: {k for k in range(len(category.designs)) if next(order) == "golden"} for category in CATEGORIES
    }


def family(rng, category, design, k, start, split, index, seed):
    names, world = (NAMES, 0) if seed == DEMO_SEED else (NAMES_ELSEWHERE, NUMBERS_A_WORLD * (seed + 1))
    name, brand = names[(index * 7 + k * 5) % len(names)], BRANDS[(index * 3 + k) % len(BRANDS)]
    low, high = category.price
    base, group = low + (high - low) * rng.random() ** 1.4, f"F-{start // 3 + 1:03d}"
    for n, option in enumerate(design.options):
        material, colour, legs, pattern, second = variant(design, option)
        stock = 0 if rng.random() < 0.1 else rng.randint(2, 60)
        yield Sku(
            id=f"SL-{start + n + 1:04d}",
            family=group,
            category=category.name,
            split=split,
            title=title(name, category.name, material, colour, legs, pattern, design),
            description=describe(rng, category.name, material, colour, legs, pattern, design),
            brand=brand,
            colour=colour,
            material=plain_material(material, colour),
            pattern=pattern,
            style=design.style,
            product_type=category.path,
            price_eur=round(base * (1 + 0.06 * n)) - 0.05 + (0.05 if base > 300 else 0.0),
            in_stock=stock > 0,
            quantity=stock,
            seller=SELLERS[0],
            gtin=gtin(world + start + n + 1),
            legs=legs,
            params={
                **{key: value for key, value in design.params.items() if key != "legs_"},
                "legs": design.params.get("legs_", "taper"),
            },
            finishes=finishes(category.name, material, colour, legs, pattern, second, world + start),
        )


def variant(design, option):
    """(material, colour, legs, pattern, second colour) of one variant."""
    pattern, _, fixed = design.pattern.partition(":")
    if design.vary == "legs":
        return design.material, fixed, option, pattern, ""
    if design.vary == "fabric":
        return option, fixed, design.legs, pattern, ""
    return design.material, option, option if design.legs == "same" else design.legs, pattern, ""


def gtin(number):
    """A GTIN-13 from the range for in-store use (prefix 200), with its check digit."""
    digits = f"200{number:09d}"
    check = -sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(digits)) % 10
    return f"{digits}{check}"


def copies(rng, skus):
    """The same products as other sellers list them: own id and price, same GTIN, near-identical pictures."""
    chosen = sorted(rng.sample(range(len(skus)), DUPLICATES))
    for n, index in enumerate(chosen):
        sku = skus[index]
        stock = 0 if rng.random() < 0.1 else rng.randint(1, 20)
        yield replace(
            sku,
            id=f"SL-{len(skus) + n + 1:04d}",
            seller=SELLERS[1 + n % 3],
            copy_of=sku.id,
            in_stock=stock > 0,
            quantity=stock,
            price_eur=round(sku.price_eur * rng.uniform(0.9, 1.12), 2),
        )
