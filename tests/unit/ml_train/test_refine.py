"""A bundle is turned by a matrix with its words and heads, made noisy, and refined on what it mixes up."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from ml.bundle import load_bundle
from ml.evaluate.golden import GoldenQuery, write_golden
from ml.train.guard import LeakedGoldenSet
from ml.train.noise import noisy_bundle
from ml.train.recipe import RefineRecipe
from ml.train.refine import refine
from ml.train.turn import turned_bundle
from tests.conftest import picture
from tests.shop import DEMO

BUNDLE = DEMO.parent / "ml" / "bundles" / "sightline-0.4.0"


def picture_of(seed: int) -> Image.Image:
    return Image.open(io.BytesIO(picture(seed))).convert("RGB")


@pytest.fixture(scope="module")
def shipped():
    bundle = load_bundle(BUNDLE, threads=1)
    yield bundle
    bundle.close()


def test_words_and_heads_turn_with_the_pictures(shipped, tmp_path):
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((512, 512)))[0].astype(np.float32)
    folder = turned_bundle(BUNDLE, tmp_path / "turned-1.0.0", "turned", "1.0.0", turn, {})
    turned = load_bundle(folder, threads=1)
    images, texts = [picture_of(1), picture_of(2)], ["a green chair", "a lamp"]
    assert turned.id != shipped.id and turned.dim == 512
    np.testing.assert_allclose(turned.encode_images(images), shipped.encode_images(images) @ turn, atol=1e-4)
    np.testing.assert_allclose(turned.encode_texts(texts), shipped.encode_texts(texts) @ turn, atol=1e-4)
    before = shipped.attributes(shipped.encode_images(images)[0])
    after = turned.attributes(turned.encode_images(images)[0])
    assert {name: guess[0] for name, guess in after.items()} == {name: guess[0] for name, guess in before.items()}
    turned.close()


def test_noise_makes_another_bundle_and_a_worse_one(shipped, tmp_path):
    noisy = load_bundle(noisy_bundle(BUNDLE, tmp_path, 0.5), threads=1)
    assert noisy.name == "sightline-noise"
    alike = (noisy.encode_images([picture_of(1)]) * shipped.encode_images([picture_of(1)])).sum()
    assert alike < 0.95
    noisy.close()


@pytest.fixture
def round_of(tmp_path):
    """A data set of pictures that are drawn, and a recipe for a very short round with it."""
    folder = tmp_path / "marked"
    (tmp_path / "golden").mkdir()
    (folder / "images").mkdir(parents=True)
    rows, lines = ["id,title,item_group_id,product_type,image_link,additional_image_link"], []
    for number in range(12):
        for view in range(2):
            (folder / f"images/{number}-{view}.jpg").write_bytes(picture(number, quality=90 - 40 * view))
        rows.append(f"S{number},Thing {number},,Things,images/{number}-0.jpg,images/{number}-1.jpg")
        lines.append(json.dumps({"anchor": None, "positive": f"S{number}", "negative": f"S{(number + 1) % 12}"}))
    (folder / "feed.csv").write_text("\n".join(rows) + "\n")
    (folder / "negatives.jsonl").write_text("\n".join(lines) + "\n")
    return RefineRecipe(
        runs=tmp_path / "runs", data=tmp_path / "none", demo=tmp_path / "none", bundle=BUNDLE, bundles=tmp_path,
        name="refined", version="0.0.1", negatives=(folder,), forbidden=(tmp_path / "golden",), steps=6, batch=18,
        check_every=3, mine_every=2,
    )  # fmt: skip


def test_a_round_makes_a_bundle_that_serves(round_of, shipped):
    refined = load_bundle(refine(round_of), threads=1)
    assert (refined.name, refined.version) == ("refined", "0.0.1")
    alike = (refined.encode_images([picture_of(1)]) * shipped.encode_images([picture_of(1)])).sum()
    assert 0.9 < alike < 0.99999
    assert (round_of.runs / "refine" / "log.csv").exists()
    refined.close()


def test_a_round_with_a_golden_photo_is_refused(round_of, tmp_path):
    write_golden(tmp_path / "golden", "g", [GoldenQuery("1", photo="x", same={"S3": 1})], {"1": picture(3)}, {})
    with pytest.raises(LeakedGoldenSet, match="images/3-0.jpg"):
        refine(round_of)
    assert not round_of.folder.exists()
