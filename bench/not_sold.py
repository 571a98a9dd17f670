"""An evaluation folder with photos of things that its catalog does not sell.

    python bench/not_sold.py demo --others ../shared/data/grocery/photos ../shared/data/clothing/photos --to var/mixed
    python manage.py evaluate var/mixed --signals var/mixed.jsonl --json
    python -m ml.train closeness var/mixed.jsonl [MORE ...] --note ml/bundles/sightline-0.2.0

The folder is the first one by links, with as many lines of not-sold photos, drawn from a seed, as it has photo queries.
Whether those things are really not sold is for whoever names the folders to know.
"""

import argparse
import json
import os
import random
from pathlib import Path

PICTURES = {".jpg", ".jpeg", ".png", ".webp"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="an evaluation folder")
    parser.add_argument("--others", type=Path, nargs="+", required=True, help="folders with photos of other things")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folder, to = options.folder.resolve(), options.to
    queries = next(path for path in (folder / "golden/queries.jsonl", folder / "queries.jsonl") if path.is_file())
    lines = [json.loads(line) for line in queries.read_text().splitlines()]
    photos = sum("photo" in line and "text" not in line for line in lines)
    to.mkdir(parents=True)
    for entry in folder.iterdir():
        if entry.name not in ("golden", "queries.jsonl", "rooms.jsonl"):
            (to / entry.name).symlink_to(entry)
    if (rooms := queries.with_name("rooms.jsonl")).is_file():
        (to / rooms.name).symlink_to(rooms)
    lines += others(options.others, to, photos, random.Random(options.seed))
    (to / "queries.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    print(f"{to}: {len(lines)} queries, {sum('sold' in line for line in lines)} of them for what is not sold")


def others(folders: list[Path], to: Path, count: int, dice: random.Random) -> list[dict]:
    """The same number from each folder, linked under others/."""
    found = []
    for number, folder in enumerate(folders):
        link = to / "others" / str(number)
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(folder.resolve())
        photos = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
        for photo in dice.sample(photos, min(len(photos), count // len(folders))):
            found.append({"photo": os.fspath(link.relative_to(to) / photo.relative_to(folder)), "sold": False})
    return found


if __name__ == "__main__":
    main()
