"""The frozen values of labeling."""

from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """One product as raters see it, snapshotted when its list was made.

    picture: name in the private storage of a copy, named by its content; empty where the product has no picture.
    price: as text, "249.00"; empty where nobody offers it.
    """

    product_id: int
    sku: str
    title: str
    brand: str = ""
    category: str = ""
    price: str = ""
    currency: str = ""
    in_stock: bool = True
    picture: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> "Item":
        """Fields that a later version may have added are left out."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in row.items() if name in names})
