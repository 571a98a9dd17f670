"""A large feed out of the demo's, with wrong rows that are known.

    python bench/make_feed.py FOLDER [--rows 100000] [--wrong 0.05] [--pictures 0] [--seed 1]

Writes FOLDER/feed.csv, and FOLDER/wrong.jsonl: for each wrong row its line, its id, the way in which it is wrong, and
its cells as they should be. Rows repeat the demo's products under ids, titles, prices and stock of their own. The first
`--pictures` rows name pictures, which several rows share, and FOLDER/feed.zip then holds the feed and those pictures.
"""

import argparse
import csv
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

DEMO = Path(__file__).resolve().parents[1] / "demo"
PICTURES = ("image_link", "additional_image_link")
Row = dict[str, str]


def cell(name: str, text: str) -> Callable[[Row], str]:
    return lambda row: written(list({**row, name: text}.values()))


def written(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


WAYS: dict[str, Callable[[Row], str]] = {
    "no id": cell("id", ""),
    "no title": cell("title", ""),
    "price in words": cell("price", "on request"),
    "negative price": cell("price", "-12.00 EUR"),
    "unknown availability": cell("availability", "maybe"),
    "half a piece in stock": cell("quantity", "2.5"),
    "picture outside of the folder": cell("image_link", "../../etc/passwd"),
    "cells missing": lambda row: written(list(row.values())[:-3]),
    "cells too many": lambda row: written([*row.values(), "one", "too many"]),
    "quote never closed": lambda row: written(list(row.values())).replace(f"{row['id']},", f'{row["id"]},"', 1),
}


def made_rows(count: int, pictures: int, dice: random.Random) -> Iterator[Row]:
    with open(DEMO / "feed.csv", newline="", encoding="utf-8") as file:
        demo = list(csv.DictReader(file))
    for number in range(count):
        row = dict(demo[number % len(demo)])
        again = number // len(demo)
        row["id"] = f"{row['id']}-{again:04d}"
        row["item_group_id"] = f"{row['item_group_id']}-{again:04d}"
        row["gtin"] = f"{int(row['gtin']) + 10 * again:013d}"
        row["title"] = f"{row['title']}, edition {again + 1}".replace('"', "")
        row["price"] = f"{dice.randint(500, 250_000) / 100:.2f} EUR"
        row["quantity"] = str(dice.randint(0, 99))
        row["availability"] = "in_stock" if row["quantity"] != "0" else "out_of_stock"
        if number >= pictures:
            row |= dict.fromkeys(PICTURES, "")
        yield row


def make(folder: Path, rows: int, wrong: float, pictures: int, seed: int) -> dict[str, int]:
    """How many rows are wrong in each way."""
    dice = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    ways, counts = list(WAYS), dict.fromkeys(WAYS, 0)
    used: set[str] = set()
    with (
        open(folder / "feed.csv", "w", newline="", encoding="utf-8") as feed,
        open(folder / "wrong.jsonl", "w", encoding="utf-8") as list_of_wrong,
    ):
        for line, row in enumerate(made_rows(rows, pictures, dice), 2):
            if line == 2:
                feed.write(written(list(row)))
            used |= {row[name] for name in PICTURES if row[name]}
            if dice.random() >= wrong:
                feed.write(written(list(row.values())))
                continue
            way = dice.choice(ways)
            counts[way] += 1
            feed.write(WAYS[way](row))
            fact = {"line": line, "id": row["id"], "way": way, "right": list(row.values())}
            list_of_wrong.write(json.dumps(fact) + "\n")
    if used:
        pack(folder, used)
    return counts


def pack(folder: Path, pictures: set[str]) -> None:
    with zipfile.ZipFile(folder / "feed.zip", "w") as archive:
        archive.write(folder / "feed.csv", "feed.csv", zipfile.ZIP_DEFLATED)
        for name in sorted(pictures):
            archive.write(DEMO / name, name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--wrong", type=float, default=0.05)
    parser.add_argument("--pictures", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    counts = make(**vars(arguments))
    size = (arguments.folder / "feed.csv").stat().st_size / 1024**2
    print(f"{arguments.rows:,} rows, {size:.0f} MB, {sum(counts.values()):,} of them wrong:")
    for way, count in counts.items():
        print(f"  {count:6,}  {way}")


if __name__ == "__main__":
    main()
