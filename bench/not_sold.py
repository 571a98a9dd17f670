"""An evaluation folder with photos of things that its catalog does not sell.

    python bench/not_sold.py demo --others ../shared/data/grocery/photos ../shared/data/clothing/photos --to var/mixed
    python manage.py evaluate var/mixed --signals var/mixed.jsonl --json
    python -m ml.train closeness var/mixed.jsonl [MORE ...] --note ml/bundles/sightline-0.4.0

The folder is a copy of the first one (an import reads no links that lead out of its folder), with as many lines of
not-sold photos, drawn from a seed, as it has photo queries. Whether those things are really not sold is for whoever
names the folders to know.
"""

import argparse
import json
import os
import random
import shutil
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
            copy(entry, to / entry.name)
    if (rooms := queries.with_name("rooms.jsonl")).is_file():
        copy(rooms, to / rooms.name)
    lines += others(options.others, to, photos, random.Random(options.seed))
    (to / "queries.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    print(f"{to}: {len(lines)} queries, {sum('sold' in line for line in lines)} of them for what is not sold")


def others(folders: list[Path], to: Path, count: int, dice: random.Random) -> list[dict]:
    """The same number from each folder, copied under others/."""
    found = []
    for number, folder in enumerate(folders):
        photos = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
        for photo in dice.sample(photos, min(len(photos), count // len(folders))):
            name = Path("others", str(number), *photo.relative_to(folder).parts)
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            copy(photo, to / name)
            found.append({"photo": os.fspath(name), "sold": False})
    return found


def copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)


if __name__ == "__main__":
    main()
