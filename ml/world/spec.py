"""The records of the plan. All are plain values: the plan needs no Blender and is the same for one seed."""

from dataclasses import dataclass

from ml.world.palette import Finish


@dataclass(frozen=True, slots=True)
class Sku:
    """One thing that can be bought, and what it takes to draw it."""

    id: str
    family: str
    category: str
    split: str
    title: str
    description: str
    brand: str
    colour: str
    material: str
    pattern: str
    style: str
    product_type: str
    price_eur: float
    in_stock: bool
    quantity: int
    seller: str
    gtin: str
    legs: str
    params: dict
    finishes: dict[str, Finish]
    copy_of: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A thing placed in a room: a SKU, or clutter by name; where its origin is and how it is turned (radians)."""

    at: tuple[float, float, float]
    turn: float
    sku: str = ""
    clutter: str = ""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Camera:
    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    roll: float
    focal_mm: float
    portrait: bool


@dataclass(frozen=True, slots=True)
class Room:
    """One photo: the room, what stands in it, who looks from where, and the light (see rooms.py)."""

    id: str
    split: str
    kind: str
    size: tuple[float, float, float]
    shell: dict
    light: dict
    items: tuple[Item, ...]
    camera: Camera
    phone_seed: int
