"""python -m ml.train STEP: data to weights to a bundle, each step resumable; `all` runs a whole recipe."""

import argparse
import json
import sys
from pathlib import Path

from ml.errors import BundleError
from ml.train import steps
from ml.train.recipe import CheckRecipe

RECIPES = Path(__file__).parent / "recipes"
MADE = Path("var/bundles-made")
ABOUT = {
    "detector": "train the detector",
    "projection": "train the image tower's last layer on features that are computed once",
    "image": "train the image tower",
    "refine": "a finished bundle learns from what was mixed up, in minutes",
    "protocol": "image towers side by side on products that they have not learned",
    "whiten": "fit the whitening of the image tower's vectors",
    "text": "train the text head",
    "heads": "train the attribute heads",
    "patches": "fit the axes of the image tower's patches",
    "bundle": "the recipe's checkpoints to a bundle",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.train", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="STEP")
    for name, about in ABOUT.items():
        if name != "bundle":
            add_recipe(commands.add_parser(name, help=about), name)
    add_export(commands.add_parser("export", help="a bundle from the recipe's checkpoints, or from a foreign model"))
    add_check(commands.add_parser("check", help="measure a bundle as it serves; --note writes it into the card"))
    command = commands.add_parser("all", help="every section of a recipe in its order; what is finished is skipped")
    command.add_argument("--recipe", type=Path, default=RECIPES / "demo.toml")
    command.set_defaults(run=lambda options: steps.run_all(options.recipe))
    command = commands.add_parser("modes", help="pictures, words, or both in the catalog's vectors: what finds more")
    command.add_argument("folder", type=Path, help="an evaluation folder, such as demo")
    command.add_argument("--bundle", type=Path)
    command.set_defaults(run=modes)
    command = commands.add_parser("plot", help="learning curves of runs as one SVG")
    command.add_argument("runs", type=Path, nargs="+", help="folders with a log.csv or results.csv")
    command.add_argument("--to", type=Path, required=True, metavar="FILE.svg")
    command.set_defaults(run=plot)
    command = commands.add_parser("average", help="the weighted mean of checkpoints of one network")
    command.add_argument("checkpoints", type=Path, nargs="+")
    command.add_argument("--weights", type=float, nargs="+", default=(), help="one each (default: equal)")
    command.add_argument("--part", default="model", help="of the checkpoint")
    command.add_argument("--to", type=Path, required=True, metavar="FILE.pt")
    command.set_defaults(run=average)
    command = commands.add_parser("pair", help="image towers side by side as one")
    command.add_argument("checkpoints", type=Path, nargs="+")
    command.add_argument("--weights", type=float, nargs="+", default=(), help="one each (default: equal)")
    command.add_argument("--to", type=Path, required=True, metavar="FILE.pt")
    command.set_defaults(run=pair)
    command = commands.add_parser("recover", help="checkpoints of a bundle's image towers, to go on training from")
    command.add_argument("--bundle", type=Path, help="default: the one that ships")
    command.add_argument("--to", type=Path, required=True, metavar="FOLDER")
    command.set_defaults(run=recover)
    command = commands.add_parser("int8", help="a copy of a bundle that computes in int8, to be measured beside it")
    command.add_argument("--bundle", type=Path)
    command.add_argument("--demo", type=Path, default=Path("demo"), help="whose pictures it is calibrated with")
    command.add_argument("--models", nargs="+", default=["detector", "image"], choices=["detector", "image"])
    command.add_argument("--bundles", type=Path, default=MADE, help="where its folder goes")
    command.set_defaults(run=int8)
    command = commands.add_parser("noise", help="a copy of a bundle that is worse on purpose, to see a gate refuse it")
    command.add_argument("--bundle", type=Path)
    command.add_argument("--amount", type=float, default=0.3, help="of each weight matrix's own deviation")
    command.add_argument("--bundles", type=Path, default=MADE, help="where its folder goes")
    command.set_defaults(run=noise)
    command = commands.add_parser("order", help="fit which of the boxes is likely meant (ml/detect/order.py)")
    command.add_argument("grocery", type=Path, help="photos of single products: feed.csv, train.jsonl, queries.jsonl")
    command.add_argument("--bundle", type=Path, required=True)
    command.add_argument("--photos", type=int, default=300)
    command.set_defaults(run=order)
    command = commands.add_parser("note", help="write figures into a bundle's card; its id stays")
    command.add_argument("bundle", type=Path)
    command.add_argument("name", help="such as grocery")
    command.add_argument("figures", type=Path, help="a JSON file, as `manage.py evaluate FOLDER --json` prints it")
    command.set_defaults(run=note)
    command = commands.add_parser("closeness", help="what tells sold from not sold, from evaluate's signals")
    command.add_argument("signals", type=Path, nargs="+", help="files of `manage.py evaluate FOLDER --signals FILE`")
    command.add_argument("--note", type=Path, metavar="BUNDLE", help="write it into the card of this bundle")
    command.set_defaults(run=closeness)
    options = parser.parse_args()
    try:
        options.run(options)
    except (ValueError, FileNotFoundError, BundleError) as error:
        sys.exit(str(error))


def add_recipe(command: argparse.ArgumentParser, step: str) -> None:
    command.add_argument("--recipe", type=Path, default=RECIPES / "demo.toml")
    command.add_argument("--section", default=step, help="another section of the recipe, such as a later stage")
    command.set_defaults(run=lambda options: print(steps.run_section(options.recipe, options.section)))


def add_export(command: argparse.ArgumentParser) -> None:
    add_recipe(command, "bundle")
    models = command.add_subparsers(metavar="open_clip|timm")
    model = models.add_parser("open_clip", help="image and text tower of any open_clip model")
    model.add_argument("model", help="a name that open_clip knows, or local-dir:FOLDER")
    model.add_argument("pretrained", nargs="?", help="a tag that open_clip knows, or a checkpoint file")
    model.set_defaults(run=export_open_clip)
    add_description(model)
    model = models.add_parser("timm", help="an image tower of timm; words are then answered by the catalog's words")
    model.add_argument("model", help="a name that timm knows")
    model.add_argument("checkpoint", type=Path)
    model.set_defaults(run=export_timm)
    add_description(model)


def add_description(command: argparse.ArgumentParser) -> None:
    command.add_argument("--licence", required=True, help="of the weights, such as MIT")
    command.add_argument("--name", help="of the bundle (default: the model's)")
    command.add_argument("--version", default="1.0.0")
    command.add_argument("--detector-from", type=Path, help="a bundle (default: the one that ships)")
    command.add_argument("--margin", type=float, help="widen boxes by this share before they are encoded")
    command.add_argument("--bundles", type=Path, default=MADE, help="where its folder goes")


def export_open_clip(options: argparse.Namespace) -> None:
    from ml.train.foreign.adopt import adopt
    from ml.train.foreign.from_open_clip import open_clip_towers

    described = description(options)
    print(adopt(open_clip_towers(options.model, options.pretrained), described))


def export_timm(options: argparse.Namespace) -> None:
    from ml.train.foreign.adopt import adopt
    from ml.train.foreign.from_timm import timm_towers

    described = description(options)
    print(adopt(timm_towers(options.model, options.checkpoint), described))


def description(options: argparse.Namespace):
    from ml.bundle import default_bundle_folder
    from ml.train.foreign.adopt import Described, plain_name

    return Described(
        name=options.name or plain_name(options.model),
        version=options.version,
        licence=options.licence,
        detector_from=options.detector_from or default_bundle_folder(),
        bundles=options.bundles,
        margin=options.margin,
    )


def add_check(command: argparse.ArgumentParser) -> None:
    command.add_argument("--bundle", type=Path)
    command.add_argument("--demo", type=Path, default=Path("demo"))
    command.add_argument("--split", default="golden", choices=("golden", "train"))
    command.add_argument("--grocery", type=Path)
    command.add_argument("--threads", type=int, default=2)
    command.add_argument("--note", action="store_true", help="write the figures into the bundle's card")
    command.set_defaults(run=check)


def check(options: argparse.Namespace) -> None:
    from ml.bundle import default_bundle_folder
    from ml.train import check

    folder = options.bundle or default_bundle_folder()
    report = check.measure(CheckRecipe(folder, options.demo, options.split, options.grocery, options.threads))
    if options.note:
        check.note(folder, "check", report)
    print(json.dumps(report, indent=2))


def average(options: argparse.Namespace) -> None:
    from ml.train.average import average_checkpoints

    print(average_checkpoints(options.checkpoints, options.to, weights=options.weights, part=options.part))


def pair(options: argparse.Namespace) -> None:
    from ml.train.pair import pair_towers

    print(pair_towers(options.checkpoints, options.to, weights=options.weights))


def recover(options: argparse.Namespace) -> None:
    from ml.bundle import default_bundle_folder
    from ml.train.recover import recover_towers

    print(*recover_towers(options.bundle or default_bundle_folder(), options.to), sep="\n")


def int8(options: argparse.Namespace) -> None:
    from ml.bundle import default_bundle_folder
    from ml.train.int8 import int8_bundle

    print(int8_bundle(options.bundle or default_bundle_folder(), options.bundles, options.models, options.demo))


def noise(options: argparse.Namespace) -> None:
    from ml.bundle import default_bundle_folder
    from ml.train.noise import noisy_bundle

    print(noisy_bundle(options.bundle or default_bundle_folder(), options.bundles, options.amount))


def order(options: argparse.Namespace) -> None:
    from ml.bundle import load_bundle
    from ml.train.order import fit_order

    print(json.dumps(fit_order(load_bundle(options.bundle), options.grocery, photos=options.photos), indent=2))


def note(options: argparse.Namespace) -> None:
    from ml.train.check import note

    note(options.bundle, options.name, json.loads(options.figures.read_text()))


def closeness(options: argparse.Namespace) -> None:
    from ml.manifest import CARD, read_card, write_json
    from ml.train.closeness import fit_closeness

    fitted = fit_closeness(options.signals)
    if options.note:
        write_json(options.note / CARD, read_card(options.note) | {"closeness": fitted})
    print(json.dumps(fitted, indent=2))


def modes(options: argparse.Namespace) -> None:
    from ml.bundle import default_bundle_folder, load_bundle
    from ml.train.modes import compare

    print(compare(load_bundle(options.bundle or default_bundle_folder()), options.folder))


def plot(options: argparse.Namespace) -> None:
    from ml.train.plot import plot_runs

    print(plot_runs(options.runs, options.to))


if __name__ == "__main__":
    main()
