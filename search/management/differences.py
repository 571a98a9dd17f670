"""`manage.py index differences`: what the index holds, counted in the index itself, against what the catalog says."""

from search.management.console import table
from search.status.differences import Difference, named
from search.status.repair import repair
from search.status.tally import Tally, tally

REPAIRED = "{} are being mended: ask again when the worker has done it."


def differences_lines(mend: bool, actor: str) -> tuple[dict, str]:
    """Every vector in the database is looked at, too."""
    found = tally(thorough=True)
    differences = named(found.differences)
    value = as_value(found, differences)
    lines = [summary(found), *found.wrong]
    if differences:
        lines.append(table(("picture", "the catalog says", "the index"), [row(each) for each in differences]))
    if mend and differences:
        value["repaired"] = repair(None, actor, thorough=True)
        lines.append(REPAIRED.format(value["repaired"]))
    return value, "\n\n".join(lines)


def row(each: Difference) -> tuple[str, str, str]:
    return each.name, each.catalog_says, each.index_says


def summary(found: Tally) -> str:
    pictures = f"{found.searchable:,} of {found.pictures:,} pictures"
    products = f"{found.products_searchable:,} of {found.products:,} products are searchable"
    tiers = f"{found.cold:,} in generation {found.generation_id}" if found.generation_id else "no generation"
    return f"{pictures}, {products}: {tiers}, {found.hot:,} in the hot tier. {found.disagreeing:,} differences."


def as_value(found: Tally, differences: tuple[Difference, ...]) -> dict:
    return {
        "ok": not differences,
        "pictures": found.pictures,
        "searchable": found.searchable,
        "products": found.products,
        "products_searchable": found.products_searchable,
        "hot": found.hot,
        "cold": found.cold,
        "states": found.states,
        "generation": found.generation_id,
        "wrong": list(found.wrong),
        "seconds": round(found.took_s, 3),
        "differences": [
            {"kind": each.kind.value, "image_id": each.image_id, "sku": each.status and each.status.sku,
             "catalog": each.catalog_says, "index": each.index_says}
            for each in differences
        ],
    }  # fmt: skip
