"""What the catalog says of a product goes into the vectors of its pictures."""

import json
import shutil

import numpy as np
import pytest

from ml.bundle import canonical_image, default_bundle_folder, load_bundle
from ml.encode import catalog_words, fuse_words, texts_once


def test_words_are_the_title_and_what_it_leaves_out():
    said = {"color": "green", "material": "velvet", "size": "42", "pattern": ""}
    assert catalog_words("Lund sofa in Green", said) == "Lund sofa in Green, velvet"
    assert catalog_words("Lund sofa", {}) == "Lund sofa"
    assert catalog_words("Lund sofa", {"color": 7}) == "Lund sofa, 7"


def test_fused_vectors_are_unit_and_lean_towards_the_words():
    pictures, words = np.eye(3, dtype=np.float32)[[0, 0]], np.eye(3, dtype=np.float32)[[1, 2]]
    words[1] = 0
    fused = fuse_words(pictures, words, 0.25)
    assert np.allclose(fused[0], np.array([4, 1, 0]) / np.sqrt(17))
    assert np.allclose(fused[1], pictures[1])
    assert fused.dtype == np.float32


def test_a_text_is_encoded_once():
    once, places = texts_once(["a", "b", "a"])
    assert (once, places.tolist()) == (["a", "b"], [0, 1, 0])


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_a_bundle_says_how_much_words_count(tmp_path, share):
    folder = shutil.copytree(default_bundle_folder(), tmp_path / "bundle")
    manifest = json.loads((folder / "manifest.json").read_text()) | {"words_share": share}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    bundle, image = load_bundle(folder, threads=1), canonical_image()
    plain, fused = bundle.encode_images([image])[0], bundle.encode_catalog([image], ["green velvet armchair"])[0]
    expected = plain + share * bundle.encode_texts(["green velvet armchair"])[0]
    assert np.allclose(fused, expected / np.linalg.norm(expected), atol=1e-5)
    assert bundle.encode_catalog([], []).shape == (0, bundle.dim)


def test_a_bundle_says_how_far_scores_of_words_spread():
    bundle = load_bundle(default_bundle_folder(), threads=1)
    bundle.card["modalities"] = {"image": {"mean": 0.2, "spread": 0.2}, "text": {"mean": 0.0, "spread": 0.16}}
    assert bundle.text_scale == pytest.approx(1.25)
    del bundle.card["modalities"]
    assert bundle.text_scale == 1
