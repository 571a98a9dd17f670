"""The bundle that ships: loads, is checked at load, and gives what the contract says."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from ml.bundle import canonical_image, default_bundle_folder, load_bundle
from ml.errors import BundleError
from ml.manifest import CARD, MANIFEST, read_card, read_manifest


@pytest.fixture(scope="module")
def bundle():
    return load_bundle(default_bundle_folder(), threads=1)


def test_vectors_are_unit_and_ordered(bundle):
    images = [canonical_image().rotate(90 * turn, expand=True) for turn in range(3)] * 6
    vectors = bundle.encode_images(images)
    assert vectors.shape == (18, bundle.dim)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert np.allclose(vectors[1], bundle.encode_images(images[1:2])[0], atol=1e-3)
    assert bundle.encode_images([]).shape == bundle.encode_texts([]).shape == (0, bundle.dim)


def test_texts_of_any_length(bundle):
    vectors = bundle.encode_texts(["", "green velvet armchair", "wort " * 30_000, "\x00 \ud800 椅子 🛋"])
    assert vectors.shape == (4, bundle.dim)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


@pytest.mark.parametrize("size", [(16, 16), (1600, 40), (333, 777)])
def test_boxes_stay_inside_the_photo(bundle, size):
    found = bundle.detect(Image.effect_noise(size, 90).convert("RGB"))
    assert found.boxes.shape == (len(found.scores), 4)
    assert (found.boxes >= 0).all()
    assert (found.boxes <= np.array(size * 2)).all()
    assert (np.diff(found.scores) <= 0).all()


def test_id_names_version_and_manifest(bundle):
    assert bundle.id.startswith(f"{bundle.name}-{bundle.version}-")
    assert len(bundle.id.rsplit("-", 1)[1]) == 12
    assert 0 < bundle.confident < 1
    assert 0 <= bundle.margin < 0.5


@pytest.fixture
def copied(tmp_path):
    return shutil.copytree(default_bundle_folder(), tmp_path / "bundle")


def edit_manifest(folder, change):
    manifest, _ = read_manifest(folder)
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))


def test_what_is_learned_of_a_bundle_later_does_not_change_its_id(copied):
    before = load_bundle(copied, threads=1)
    (copied / CARD).write_text(json.dumps(before.card | {"note": "measured again"}))
    after = load_bundle(copied, threads=1)
    assert after.id == before.id
    assert after.card["note"] == "measured again"
    assert before.card["licence"] == after.card["licence"] == "AGPL-3.0-or-later"


def test_a_bundle_without_a_card_says_in_its_manifest_what_is_known_of_it(copied):
    known = read_card(copied)
    (copied / CARD).unlink(missing_ok=True)
    edit_manifest(copied, lambda manifest: manifest.update({"licence": "MIT", "training": [], "metrics": {"a": 1}}))
    bundle = load_bundle(copied, threads=1)
    assert bundle.card == {"licence": "MIT", "training": [], "metrics": {"a": 1}}
    assert {"licence", "training", "metrics"} <= set(known)


def test_a_bundle_without_a_text_tower_encodes_pictures_alone(copied):
    (copied / "text.onnx").unlink()
    (copied / "tokenizer.json").unlink()
    edit_manifest(copied, without_words)
    bundle = load_bundle(copied, threads=1)
    assert not bundle.reads_words
    assert bundle.encode_images([canonical_image()]).shape == (1, bundle.dim)
    with pytest.raises(BundleError, match="no text tower"):
        bundle.encode_texts(["chair"])
    bundle.close()


def without_words(manifest):
    manifest["text"] = None
    del manifest["files"]["text.onnx"], manifest["files"]["tokenizer.json"], manifest["canonical"]["text"]


def test_damaged_weights_are_refused(copied):
    with (copied / "image.onnx").open("r+b") as file:
        file.seek(5000)
        file.write(b"\x00\x01\x02\x03")
    with pytest.raises(BundleError, match="checksum"):
        load_bundle(copied, threads=1)


def test_missing_file_is_refused(copied):
    (copied / "text.onnx").unlink()
    with pytest.raises(BundleError, match="missing"):
        load_bundle(copied, threads=1)


def test_other_preprocessing_is_noticed(copied):
    edit_manifest(copied, lambda manifest: manifest["image"].update(fill=[0, 0, 0]))
    with pytest.raises(BundleError, match="preprocessing"):
        load_bundle(copied, threads=1)


def test_no_bundle(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGHTLINE_BUNDLE", str(tmp_path))
    with pytest.raises(BundleError, match="cannot be read"):
        load_bundle(default_bundle_folder())
