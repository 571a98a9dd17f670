"""What the trainers are fed: recipes, sources, phrases, views, losses."""

import shutil
from random import Random

import pytest
import torch
from PIL import Image

from ml.train.composites import composite, cut_out
from ml.train.items import Crop, Item, demo_items, split_families
from ml.train.losses import same_product_loss, words_loss
from ml.train.photos import LabelledPhoto, rooms
from ml.train.recipe import ImageRecipe, read_recipe
from ml.train.views import pasted_view, photo_view, studio_view
from ml.train.words import Phrase, phrase, says


def test_an_unknown_key_of_a_recipe_is_refused(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text('[image]\nruns = "a"\ndata = "b"\ndemo = "c"\nsteps = 5\n')
    assert read_recipe(path, "image", ImageRecipe).steps == 5
    path.write_text('[image]\nruns = "a"\ndata = "b"\ndemo = "c"\nstepz = 5\n')
    with pytest.raises(ValueError, match="stepz"):
        read_recipe(path, "image", ImageRecipe)


def test_rooms_and_whole_worlds_are_added(world, other_world, tmp_path):
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    shutil.copytree(world / "photos", rooms / "photos")
    shutil.copy(world / "rooms.jsonl", rooms)
    own, more = demo_items(world), demo_items(world, [rooms, other_world])
    assert [item.key for item in more] == [item.key for item in own] + [f"eight/{item.key}" for item in own]
    assert sum(len(item.crops) for item in more) == 3 * sum(len(item.crops) for item in own)
    assert {item.family for item in more} == {item.family for item in own} | {f"eight/{item.family}" for item in own}


def test_a_world_of_the_demos_own_products_is_refused(world, tmp_path):
    shutil.copytree(world, tmp_path / "eight")
    with pytest.raises(ValueError, match="is a product of the demo"):
        demo_items(world, [tmp_path / "eight"])


def test_families_are_never_split(world):
    items = demo_items(world)
    train, held = split_families(items)
    assert len(train) + len(held) == len(items) == 8
    assert not {item.family for item in train} & {item.family for item in held}
    assert sum(len(item.crops) for item in items) == 16


def test_a_phrase_fits_whom_it_names():
    item = Item("a", "f", attributes={"color": "green", "material": "velvet", "type": "sofa", "title": "Lund sofa"})
    assert says(Phrase("green sofa", (("color", "green"), ("type", "sofa"))), item)
    assert not says(Phrase("red sofa", (("color", "red"), ("type", "sofa"))), item)
    texts = {phrase(item, Random(seed)).text for seed in range(60)}
    assert {"Lund sofa", "green velvet sofa", "velvet sofa in green", "sofa"} <= texts


def test_views_are_pictures(world):
    path, random = world / "images" / "0.jpg", Random(0)
    cut = cut_out(path)
    assert cut.mode == "RGBA"
    assert 55 <= cut.width <= 66
    views = [studio_view(path, random), pasted_view(path, random, [path])]
    views.append(photo_view(Crop(world / "photos" / "train-0.jpg", (10, 10, 66, 66)), random, [path]))
    for view in views:
        assert view.mode == "RGB"
        assert min(view.size) >= 8


def test_a_composite_labels_what_it_pastes(world):
    room = next(rooms(world, split="train"))
    cuts = [cut_out(world / "images" / "0.jpg")]
    scene, boxes, unsure = composite(LabelledPhoto(room.path, room.boxes), cuts, Random(1))
    assert isinstance(scene, Image.Image)
    assert 1 <= len(boxes) <= 3
    assert unsure == []
    assert all(0 <= x1 < x2 <= scene.width and 0 <= y1 < y2 <= scene.height for x1, y1, x2, y2 in boxes)


def test_losses_prefer_the_right_neighbours():
    near = torch.eye(4)[[0, 0, 1, 1]]
    right, wrong = torch.tensor([0, 0, 1, 1]), torch.tensor([0, 1, 0, 1])
    assert same_product_loss(near, right, temperature=0.1) < same_product_loss(near, wrong, temperature=0.1)
    matches = torch.eye(4, dtype=torch.bool)
    assert words_loss(torch.eye(4), torch.eye(4), matches, temperature=0.1) < 0.01
    assert words_loss(torch.eye(4), torch.eye(4), torch.zeros(4, 4, dtype=torch.bool), temperature=0.1) == 0
