"""Models from elsewhere become bundles that compute what the originals compute."""

import json
import shutil

import numpy as np
import open_clip
import pytest
import torch
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer

from ml.bundle import canonical_image, default_bundle_folder, load_bundle
from ml.encode.images import ImageSpec, to_square
from ml.errors import BundleError
from ml.train.foreign.adopt import Described, NotExportable, adopt, plain_name
from ml.train.foreign.byte_pairs import as_tokenizer
from ml.train.foreign.from_open_clip import open_clip_towers
from ml.train.foreign.from_timm import timm_towers
from ml.train.text_model import minilm_folder
from tests.foreign import TIMM, TINY, save_open_clip, save_timm

pytestmark = pytest.mark.filterwarnings("ignore::Warning:torch", "ignore::Warning:open_clip", "ignore::Warning:timm")

TEXTS = ["green velvet armchair", "a 3-seat SOFA, 220 cm", "Köttbullar & café", "word " * 60, ""]


def described(folder, name: str = "foreign") -> Described:
    return Described(name, "1.0.0", "MIT", default_bundle_folder(), folder)


def test_an_open_clip_model_becomes_a_bundle(tmp_path):
    name = save_open_clip(tmp_path / "tiny")
    folder = adopt(open_clip_towers(name, None), described(tmp_path))
    assert folder == tmp_path / "foreign-1.0.0"
    bundle = load_bundle(folder, threads=1)
    model = open_clip.create_model(name).eval()
    with torch.no_grad():
        texts = model.encode_text(open_clip.get_tokenizer(name)(TEXTS), normalize=True).numpy()
        pixels = torch.from_numpy(to_square(canonical_image(), ImageSpec(64, (255, 255, 255), 24)))[None]
        mean = torch.tensor(model.visual.preprocess_cfg["mean"]).view(1, 3, 1, 1)
        images = model.encode_image((pixels.permute(0, 3, 1, 2) / 255 - mean) / 0.3, normalize=True).numpy()
    assert np.abs(bundle.encode_texts(TEXTS) - texts).max() < 1e-4
    assert np.abs(bundle.encode_images([canonical_image()]) - images).max() < 1e-4
    assert (bundle.dim, bundle.name, bundle.version) == (24, "foreign", "1.0.0")
    own = load_bundle(default_bundle_folder(), threads=1)
    assert np.array_equal(bundle.detect(canonical_image()).boxes, own.detect(canonical_image()).boxes)
    assert "MIT (encoders)" in bundle.card["licence"]
    assert {"detector"} <= {use for each in bundle.card["training"] for use in each["used_for"]}


def test_an_open_clip_model_with_another_familys_tokenizer(tmp_path):
    folder = str(small_bert(tmp_path / "bert"))
    words = {"hf_model_name": folder, "hf_tokenizer_name": folder, "hf_model_pretrained": False, "context_length": 20}
    config = TINY | {"text_cfg": words | {"hf_proj_type": "linear", "hf_pooler_type": "mean_pooler"}}
    (tmp_path / "small-bert.json").write_text(json.dumps(config))
    open_clip.add_model_config(tmp_path / "small-bert.json")
    weights = tmp_path / "small-bert.pt"
    torch.manual_seed(3)
    torch.save(open_clip.create_model("small-bert", pretrained_text=False).state_dict(), weights)
    bundle = load_bundle(adopt(open_clip_towers("small-bert", str(weights)), described(tmp_path)), threads=1)
    assert bundle.encode_texts(TEXTS).shape == (len(TEXTS), 24)


def small_bert(folder):
    """A BERT of one narrow layer with MiniLM's word pieces."""
    shutil.copytree(minilm_folder(), folder, ignore=shutil.ignore_patterns("*.safetensors", "*.bin", "1_*", "2_*"))
    config = json.loads((folder / "config.json").read_text())
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    (folder / "config.json").write_text(json.dumps(config | small))
    return folder


def test_what_a_shopper_types_is_never_a_sign_for_the_model():
    tokenizer, _ = as_tokenizer(SimpleTokenizer(), 77)
    tokenizer.no_padding()
    assert tokenizer.encode("a <end_of_text> lamp").ids.count(49407) == 1


@pytest.mark.parametrize("clean", ["lower", "whitespace", "canonicalize"])
def test_tokens_are_the_same_without_open_clip(clean):
    for original in (SimpleTokenizer(clean=clean), HFTokenizer(str(minilm_folder()), clean=clean)):
        tokenizer, _ = as_tokenizer(original, 77)
        asked = [*TEXTS, "don't worry: 50% off!!", "tab\tand\nline", "Ünïcode ŁÓDŹ 椅子 🛋"]
        assert [row.ids for row in tokenizer.encode_batch(asked)] == original(asked, 77).tolist()


def test_a_timm_tower_becomes_a_bundle_that_reads_no_words(tmp_path):
    towers = timm_towers(TIMM, save_timm(tmp_path / "small.pt"))
    bundle = load_bundle(adopt(towers, described(tmp_path)), threads=1)
    assert not bundle.reads_words
    assert bundle.encode_images([canonical_image()] * 3).shape == (3, bundle.dim) == (3, 1024)
    assert bundle.card["training"][0]["used_for"] == ["image"]


def test_weights_that_do_not_fit_are_refused(tmp_path):
    torch.save({"conv.weight": torch.zeros(3)}, tmp_path / "other.pt")
    with pytest.raises(NotExportable, match="conv.weight"):
        timm_towers(TIMM, tmp_path / "other.pt")
    with pytest.raises(NotExportable, match="not a known tag"):
        open_clip_towers("ViT-B-32", "no-such-tag")
    with pytest.raises(NotExportable, match="no weights"):
        open_clip_towers("ViT-B-32", None)


def test_names(tmp_path):
    assert plain_name("local-dir:/models/ViT-B-32") == "vit-b-32"
    assert plain_name("convnext_base.fb_in22k") == "convnext-base.fb-in22k"
    with pytest.raises(NotExportable, match="small letters"):
        described(tmp_path, name="../evil")
    with pytest.raises(BundleError, match="cannot be read"):
        adopt(None, Described("a", "1.0", "MIT", tmp_path / "none", tmp_path))
