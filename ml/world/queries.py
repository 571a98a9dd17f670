"""Text queries of the golden set: words that name the attributes of golden SKUs, and every SKU that fits them."""

import random

MAX_ANSWERS, COUNT = 10, 150
MATERIAL_WORDS = (
    "velvet",
    "linen",
    "boucle",
    "leather",
    "wool",
    "oak",
    "walnut",
    "marble",
    "rattan",
    "brass",
    "ceramic",
    "metal",
    "glass",
    "lacquer",
    "wood",
    "jute",
    "corduroy",
    "cotton",
    "copper",
    "steel",
    "stoneware",
)


def text_queries(skus, seed=7):
    """Up to COUNT records {"text", "product_ids"}; the answers come from the whole catalog, at most MAX_ANSWERS."""
    rng, records, seen = random.Random(seed), [], set()
    golden = [s for s in skus if s.split == "golden" and not s.copy_of]
    rng.shuffle(golden)
    for n, sku in enumerate(golden):
        wanted = wording(sku, n)
        text = phrase(wanted, sku.category)
        answers = [s.id for s in skus if fits(s, sku.category, wanted)]
        if text not in seen and len(answers) <= MAX_ANSWERS:
            seen.add(text)
            records.append({"text": text, "product_ids": answers})
    return records[:COUNT]


def wording(sku, n):
    """The attributes that a query names: colour always; material, pattern and legs where a shopper would say them."""
    wanted = {"colour": sku.colour}
    if sku.material in MATERIAL_WORDS and sku.material != sku.colour:
        wanted["material"] = sku.material
    if sku.pattern != "plain":
        wanted["pattern"] = sku.pattern
    if n % 4 == 0 and shows(sku, sku.legs):
        wanted["legs"] = sku.legs
    return wanted


def shows(sku, legs):
    """Whether the title names these legs."""
    return f", {legs} legs" in sku.title


def phrase(wanted, category):
    front = " ".join(wanted[key] for key in ("colour", "pattern", "material") if key in wanted)
    return f"{front} {category}" + (f" with {wanted['legs']} legs" if "legs" in wanted else "")


def fits(sku, category, wanted):
    return sku.category == category and all(
        shows(sku, value) if key == "legs" else getattr(sku, key) == value for key, value in wanted.items()
    )
