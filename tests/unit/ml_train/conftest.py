"""A tiny demo world: four families of two colours, drawn, with rooms that show them."""

import csv
import json
import shutil
from pathlib import Path
from random import Random

import pytest
from PIL import Image, ImageDraw

torch = pytest.importorskip("torch")
pytest.importorskip("ultralytics")
pytest.importorskip("ml.train.ultralytics_detector")  # puts Pillow's own open back, which ultralytics has replaced
torch.set_num_threads(1)

COLOURS = {"red": (190, 40, 40), "green": (40, 120, 60)}
SHAPES = ("sofa", "lamp", "rug", "vase")
COLUMNS = ["id", "title", "description", "brand", "item_group_id", "gtin", "color", "material", "pattern", "style"]
COLUMNS += ["product_type", "image_link", "additional_image_link", "availability", "price"]


def draw(canvas: ImageDraw.ImageDraw, shape: str, colour: tuple[int, int, int], box: tuple[int, int, int, int]) -> None:
    x1, y1, x2, y2 = box
    if shape == "sofa":
        canvas.rounded_rectangle(box, 8, fill=colour)
    elif shape == "lamp":
        canvas.polygon([(x1, y2), (x2, y2), ((x1 + x2) // 2, y1)], fill=colour)
    elif shape == "rug":
        canvas.rectangle(box, outline=colour, width=9)
    else:
        canvas.ellipse(box, fill=colour)


@pytest.fixture(scope="session")
def world(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "images").mkdir()
    (folder / "photos").mkdir()
    rows = []
    for number, (shape, colour) in enumerate((shape, colour) for shape in SHAPES for colour in COLOURS):
        image = Image.new("RGB", (96, 96), (250, 250, 250))
        draw(ImageDraw.Draw(image), shape, COLOURS[colour], (18, 18, 78, 78))
        image.save(folder / "images" / f"{number}.jpg")
        rows.append(
            dict.fromkeys(COLUMNS, "")
            | {
                "id": f"T-{number}",
                "title": f"Test {shape} in {colour}",
                "item_group_id": shape,
                "color": colour,
                "material": "paper",
                "pattern": "plain",
                "product_type": f"Test > {shape}",
                "image_link": f"images/{number}.jpg",
            }
        )
    with (folder / "feed.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    (folder / "splits.json").write_text(json.dumps({"train": [row["id"] for row in rows], "golden": []}))
    write_rooms(folder, rows)
    return folder


def write_rooms(folder: Path, rows: list[dict]) -> None:
    random, lines = Random(5), []
    for number in range(8):
        room, objects = Image.new("RGB", (160, 120), (150, 140, 120)), []
        for x in (10, 90):
            row, y = random.choice(rows), random.randint(5, 50)
            box = (x, y, x + 56, y + 56)
            draw(ImageDraw.Draw(room), row["item_group_id"], COLOURS[row["color"]], box)
            objects.append({"product_id": row["id"], "bbox": box, "visible": 1.0})
        name = f"photos/train-{number}.jpg"
        room.save(folder / name)
        lines.append({"photo": name, "split": "train", "width": 160, "height": 120, "objects": objects})
    (folder / "rooms.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture
def other_world(world, tmp_path) -> Path:
    """A world like the demo, of products with other titles."""
    folder = tmp_path / "eight"
    shutil.copytree(world, folder)
    with (folder / "feed.csv").open() as file:
        rows = list(csv.DictReader(file))
    with (folder / "feed.csv").open("w") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"title": f"Other {row['title']}"} for row in rows)
    return folder
