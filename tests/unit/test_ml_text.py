"""The reader, its models included, on drawn cartons."""

import io

import numpy as np
import pytest
from PIL import Image

from ml.inspect.lines import connect, find_boxes, row_runs
from ml.inspect.text import QUICK, Line, reader
from ml.inspect.words import Word, likeness, plain, weighed
from tests.cartons import carton
from tests.conftest import picture


def words_in(image: Image.Image) -> list[str]:
    return [word.text for word in weighed(reader().read(image))]


def test_words_are_read_largest_first():
    words = weighed(reader().read(carton("OATLY", "Havredryck", "Naturell")))
    assert [word.text for word in words] == ["oatly", "havredryck", "naturell"]
    assert all(0.6 < word.weight <= 1 for word in words)


@pytest.mark.parametrize("turn", [-20, 12, 90])
def test_turned_lines_are_laid_flat(turn):
    assert {"oatly", "havredryck"} <= set(words_in(carton("OATLY", "Havredryck", turn=turn)))


def test_small_pictures_are_enlarged_and_large_ones_shrunk():
    small, large = carton("BRAVO", "Apelsin").resize((150, 200)), carton("BRAVO", "Apelsin").resize((1680, 2240))
    assert "bravo" in words_in(small)
    assert {"bravo", "apelsin"} <= set(words_in(large))


def test_the_line_knows_where_it_stands():
    (line,) = reader().read(carton("OATLY"))
    x1, y1, x2, y2 = line.box
    assert 0 <= x1 < 40 and 30 < y1 < 70 and 180 < x2 < 300 and 80 < y2 < 130
    assert line.height == pytest.approx(64 / 560, rel=0.4)


def test_what_shows_no_text_has_no_words():
    noise = np.random.default_rng(0).integers(0, 255, (300, 200, 3), np.uint8)
    for image in (Image.open(io.BytesIO(picture(seed=5))), Image.fromarray(noise), Image.new("RGB", (3, 900))):
        assert words_in(image.convert("RGB")) == []


def test_a_lone_object_is_no_letter():
    image = Image.new("RGB", (320, 320), "white")
    image.paste("#803020", (40, 90, 280, 230))
    assert reader().look(image, QUICK.glance_px) == []


def test_regions_that_touch_are_one():
    mask = np.array(
        [[1, 1, 0, 0, 1, 1], [0, 1, 0, 1, 1, 0], [0, 0, 1, 0, 0, 0], [1, 0, 0, 0, 0, 1], [1, 1, 0, 0, 1, 1]], bool
    )
    runs = row_runs(mask)
    labels = connect(runs, mask.shape[1])
    assert len(set(labels.tolist())) == 3
    assert len(row_runs(np.zeros((4, 4), bool))) == 0


@pytest.mark.parametrize("angle", [0, 30, -39])
def test_a_turned_region_gets_a_turned_box(angle):
    y, x = np.mgrid[0:200, 0:300]
    turn = np.deg2rad(angle)
    along = (x - 150) * np.cos(turn) + (y - 100) * np.sin(turn)
    across = -(x - 150) * np.sin(turn) + (y - 100) * np.cos(turn)
    likely = ((np.abs(along) < 60) & (np.abs(across) < 10)).astype(np.float32)
    (box,) = find_boxes(likely)
    assert (box.x, box.y) == (pytest.approx(150, abs=2), pytest.approx(100, abs=2))
    assert np.rad2deg(box.angle) == pytest.approx(angle, abs=2)
    assert box.width - box.height == pytest.approx(100, abs=5)


def test_plain_spelling():
    assert plain("Grädde  1,5 % – CRÈME Brûlée, Øl & Smörgås x") == [
        "gradde", "1.5", "creme", "brulee", "ol", "smorgas",
    ]  # fmt: skip
    assert plain("") == plain("! – 牛奶") == []


def test_words_are_alike_as_far_as_their_letters_are():
    alike = likeness(["havredryck", "milk"], ["havredrvck", "havredryck", "milk", "silk", "oat"])
    assert alike.shape == (2, 5)
    assert alike[0, 1] == alike[1, 2] == 1.0
    assert alike[0, 0] > 0.6 and alike[1, 3] < 0.6 and alike[0, 4] == 0.0
    assert likeness([], ["a"]).shape == (0, 1)


def test_a_word_that_stands_twice_counts_once_and_as_large():
    lines = [Line("OATLY Oat", 0.9, 0.2, (0, 0, 1, 1)), Line("oat drink", 0.8, 0.05, (0, 0, 1, 1))]
    assert weighed(lines) == (Word("oatly", 0.9), Word("oat", 0.9), Word("drink", 0.4))
    assert weighed([]) == ()
