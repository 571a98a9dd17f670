"""One studio shot and one room through Blender itself; skipped where bpy is not installed."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import sys
from ml.world import blender, rooms, studio
from ml.world.catalog import plan_catalog
from ml.world.plan import plan_rooms
blender.fresh_scene(1, 1)
studio.shoot(plan_catalog(7)[0], 1, sys.argv[1] + "/sofa.jpg", 64)
rooms.RENDER_SHARE = 0.1
rooms.shoot(plan_rooms("train", 7, 1)[0], sys.argv[1], sys.argv[1], 7)
"""


@pytest.mark.skipif(importlib.util.find_spec("bpy") is None, reason="needs the extra [world]")
def test_a_shot_and_a_room_are_rendered_with_their_truth(tmp_path):
    subprocess.run([sys.executable, "-c", SCRIPT, tmp_path], cwd=ROOT, check=True, capture_output=True, timeout=300)
    with Image.open(tmp_path / "sofa.jpg") as shot:
        assert shot.size == (64, 64)
        corner, middle = shot.getpixel((2, 2)), shot.getpixel((32, 34))
    assert min(corner) > 200 and middle[1] > middle[0]  # a green sofa before a near-white sweep
    truth = json.loads((tmp_path / "truth" / "train-0001.json").read_text())
    assert truth["objects"] and all(0 < thing["visible"] <= 1 for thing in truth["objects"])
    x1, y1, x2, y2 = truth["objects"][0]["bbox"]
    assert 0 <= x1 < x2 <= truth["width"] and 0 <= y1 < y2 <= truth["height"]
