"""A bundle's two files of facts: manifest.json says what its vectors are and names it, card.json what is known of it.

A vector means the same as long as weights and preprocessing do, so only these are in the manifest, whose sha256 is part
of the bundle's id. Licence, data sets, recipe and measures can be written down later without a new id, which would
have every picture encoded again.
"""

import hashlib
import json
from pathlib import Path

from ml.errors import BundleError

MANIFEST = "manifest.json"
CARD = "card.json"
FORMERLY_IN_MANIFEST = ("licence", "training", "metrics")  # up to 0.1.0


def read_manifest(folder: Path) -> tuple[dict, str]:
    """The manifest and the sha256 of its bytes. Raises BundleError."""
    data = read_bytes(folder / MANIFEST)
    return parse(data, folder / MANIFEST), hashlib.sha256(data).hexdigest()


def read_card(folder: Path) -> dict:
    """What is known of the bundle; of an older one what its manifest says. Raises BundleError."""
    if (folder / CARD).exists():
        return parse(read_bytes(folder / CARD), folder / CARD)
    manifest, _ = read_manifest(folder)
    return {name: manifest[name] for name in FORMERLY_IN_MANIFEST if name in manifest}


def write_json(path: Path, facts: dict) -> None:
    path.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def identify(manifest: dict, sha256: str) -> str:
    return f"{manifest['name']}-{manifest['version']}-{sha256[:12]}"


def version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-")[0].split("."))


def check_files(folder: Path, manifest: dict) -> None:
    """Raises BundleError where a file is missing or is another one."""
    for name, expected in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise BundleError(f"{path} is missing. Install or export the bundle again.")
        if file_sha256(path) != expected:
            raise BundleError(f"{path} does not match its checksum. Install or export the bundle again.")


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error}") from error


def parse(data: bytes, path: Path) -> dict:
    try:
        return json.loads(data)
    except ValueError as error:
        raise BundleError(f"{path} cannot be read: {error}") from error
