"""What the text head and the attribute heads learn from."""

from pathlib import Path
from random import Random

import numpy as np
import pytest

from ml.encode.heads import NOTHING_KNOWN
from ml.train.heads_data import label_of, read_words
from ml.train.items import Crop, Item
from ml.train.text_items import every_item, said_by
from ml.train.text_lessons import Lesson
from ml.train.text_pictures import Gallery
from ml.train.words import says

SHIRT = Item(
    "fashion-1", "Shirts", attributes={"color": "navy blue", "type": "shirts", "title": "Arrow Men Striped Navy Shirt"}
)


def gallery(items: list[Item]) -> Gallery:
    """Two pictures of each item."""
    owner = np.repeat(np.arange(len(items)), 2)
    crops = tuple(Crop(Path(f"{row}.jpg")) for row in range(len(owner)))
    return Gallery("demo", tuple(items), owner, np.arange(len(owner)) % 2 == 0, crops, np.zeros((len(owner), 4)))


@pytest.fixture
def lamps() -> list[Item]:
    return [
        Item(f"a-{colour}", "f", attributes={"color": colour, "type": "lamp", "title": f"{colour} lamp"})
        for colour in ("red", "red", "green")
    ]


def test_a_lesson_knows_what_each_phrase_fits(lamps):
    lesson = Lesson(gallery(lamps), [0, 2], 1.0, np.zeros((0, 4)))
    phrases = lesson.draw(2, Random(3))
    rows = np.array([5, 0, 2, 3])
    expected = [[says(words, lamps[lesson.gallery.owner[row]]) for row in rows] for words in phrases]
    assert lesson.matches(phrases, rows).tolist() == expected


def test_the_pictures_of_some_items(lamps):
    some = gallery(lamps).of([1, 2])
    assert some.owner.tolist() == [1, 1, 2, 2]
    assert gallery(lamps).of([0, 2], catalog=True).owner.tolist() == [0, 2]


def test_titles_say_for_whom_and_with_which_pattern():
    assert said_by("Arrow Men Striped Navy Shirt") == {"whom": "men", "pattern": "striped"}
    assert said_by("Casio watch") == {"whom": "", "pattern": ""}


def test_the_held_part_of_the_demo_world_is_whole_families(world, tmp_path):
    stock = every_item(tmp_path, world)["demo"]
    families = [item.family for item in stock.items]
    assert not {families[place] for place in stock.held} & {families[place] for place in stock.taught}
    assert every_item(tmp_path, world, hold_out=False)["demo"].held == frozenset()


def test_labels_are_the_shoppers_words():
    words = read_words()
    assert label_of("colour", SHIRT, "fashion", words["colour"]) == "blue"
    assert label_of("category", SHIRT, "fashion", words["category"]) == "Shirts"
    assert label_of("pattern", SHIRT, "fashion", words["pattern"]) == "striped"
    assert label_of("material", SHIRT, "fashion", words["material"]) is None
    apple = Item("grocery-1", "Grocery > Fruit > Apple", attributes={"type": "apple"})
    assert label_of("category", apple, "grocery", words["category"]) == "Fruit"
    owl = Item("caltech101-1", "owl", attributes={"type": "owl"})
    assert label_of("category", owl, "caltech101", words["category"]) == NOTHING_KNOWN
