"""The reader's two models, from the wheel of rapidocr-onnxruntime 1.4.4, with the alphabet cut down to Latin letters.

    pip download --no-deps rapidocr-onnxruntime==1.4.4
    python -m ml.train.reader rapidocr_onnxruntime-1.4.4-py3-none-any.whl

Both are PP-OCRv4 "mobile" of PaddleOCR (Apache-2.0). The line finder is copied. The line recogniser's last layer knows
6,625 characters, nearly all of them Chinese: its columns of other scripts go, which makes it a third smaller, and it
cannot mistake a letter for an ideograph any more.
"""

import argparse
import unicodedata
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

FINDER, RECOGNISER = "ch_PP-OCRv4_det_infer.onnx", "ch_PP-OCRv4_rec_infer.onnx"
TARGET = Path(__file__).parents[1] / "inspect" / "reader"
SIGNS = "&%+-.,'/°€£$!"  # besides letters and digits: what stands in names, sizes and prices


def read_models(wheel: Path) -> dict[str, bytes]:
    """{file name: bytes} of the two models in the wheel. Raises KeyError for another wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(f"rapidocr_onnxruntime/models/{name}") for name in (FINDER, RECOGNISER)}


def is_latin(character: str) -> bool:
    if character in SIGNS or character.isascii() and character.isalnum():
        return True
    return character.isalpha() and unicodedata.name(character, "").startswith("LATIN")


def cut_alphabet(model: onnx.ModelProto) -> None:
    """In place: keep the columns of blank, Latin characters and space; the metadata lists what is left."""
    meta = next(each for each in model.metadata_props if each.key == "character")
    alphabet = meta.value.split("\n")
    kept = [place for place, character in enumerate(alphabet) if is_latin(character)]
    columns = [0, *(place + 1 for place in kept), len(alphabet) + 1]  # blank comes first and space last
    constants = [node.attribute[0].t for node in model.graph.node if node.op_type == "Constant"]
    for tensor in constants:
        if tensor.dims and tensor.dims[-1] == len(alphabet) + 2:
            cut = np.ascontiguousarray(numpy_helper.to_array(tensor)[..., columns])
            tensor.CopyFrom(numpy_helper.from_array(cut, tensor.name))
    meta.value = "".join(alphabet[place] for place in kept)
    model.graph.output[0].type.tensor_type.shape.dim[2].dim_value = len(columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("wheel", type=Path)
    models = read_models(parser.parse_args().wheel)
    TARGET.mkdir(exist_ok=True)
    (TARGET / "finder.onnx").write_bytes(models[FINDER])
    recogniser = onnx.load_from_string(models[RECOGNISER])
    cut_alphabet(recogniser)
    onnx.checker.check_model(recogniser)
    onnx.save(recogniser, TARGET / "recogniser.onnx")


if __name__ == "__main__":
    main()
