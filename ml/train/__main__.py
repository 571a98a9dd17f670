"""python -m ml.train detector|image|text|export|check: data to weights to a bundle, each step resumable."""

import argparse
from collections.abc import Callable
from pathlib import Path

from ml.train.recipe import BundleRecipe, DetectorRecipe, ImageRecipe, TextRecipe, read_recipe

DEFAULT_RECIPE = Path(__file__).parent / "recipes" / "demo.toml"


def detector(options: argparse.Namespace) -> None:
    from ml.train.detector import train_detector

    print(train_detector(recipe_of(options, "detector", DetectorRecipe), name=options.section or "detector"))


def image(options: argparse.Namespace) -> None:
    from ml.train.image import train_image

    print(train_image(recipe_of(options, "image", ImageRecipe), name=options.section or "image"))


def text(options: argparse.Namespace) -> None:
    from ml.train.text import train_text

    print(train_text(recipe_of(options, "text", TextRecipe), name=options.section or "text"))


def export(options: argparse.Namespace) -> None:
    from ml.train.assemble import assemble

    print(assemble(recipe_of(options, "bundle", BundleRecipe)))


def check(options: argparse.Namespace) -> None:
    from ml.bundle import default_bundle_folder, load_bundle
    from ml.train.check import check_demo, check_grocery, print_report

    bundle = load_bundle(options.bundle or default_bundle_folder(), threads=options.threads)
    reports = [("bundle", {"id": bundle.id})]
    if (options.demo / "feed.csv").exists():
        reports.append(("demo", check_demo(bundle, options.demo, split=options.split)))
    if options.grocery:
        reports.append(("grocery", check_grocery(bundle, options.grocery)))
    print_report(reports)


def recipe_of(options: argparse.Namespace, default: str, kind: type):
    return read_recipe(options.recipe, options.section or default, kind)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m ml.train", description=__doc__)
    commands = parser.add_subparsers(required=True)
    steps: tuple[Callable, ...] = (detector, image, text, export)
    for step in steps:
        command = commands.add_parser(step.__name__)
        command.add_argument("--recipe", type=Path, default=DEFAULT_RECIPE)
        command.add_argument("--section", help="another section of the recipe, such as a later stage")
        command.set_defaults(run=step)
    command = commands.add_parser("check")
    command.add_argument("--bundle", type=Path)
    command.add_argument("--demo", type=Path, default=Path("demo"))
    command.add_argument("--split", default="golden", choices=("golden", "train"))
    command.add_argument("--grocery", type=Path)
    command.add_argument("--threads", type=int, default=2)
    command.set_defaults(run=check)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
