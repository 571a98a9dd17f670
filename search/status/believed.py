"""What the catalog says of its pictures, to be compared with what the index holds."""

from dataclasses import dataclass

import numpy as np

from catalog.models import Image
from catalog.visible import SOLD
from search.build.binary import copy_rows, record

State = Image.Status
CODES = {state: code for code, state in enumerate(State)}
HIDDEN = 8  # added to the code of a picture that is blocked itself, or whose product is
CASES = " ".join(f"WHEN '{state}' THEN {code}" for state, code in CODES.items())
# Placeholders of copy_rows are in braces.
ROWS = f"""SELECT i.id, i.product_id, (CASE i.status {CASES} END
    + CASE WHEN i.blocked OR p.blocked OR NOT {SOLD} THEN {HIDDEN} ELSE 0 END)::bigint
    FROM catalog_image i JOIN catalog_product p ON p.id = i.product_id ORDER BY i.id"""


@dataclass(frozen=True, slots=True)
class Believed:
    """image_ids (ascending), product_ids, codes: int64 (n,)."""

    image_ids: np.ndarray
    product_ids: np.ndarray
    codes: np.ndarray

    @property
    def hidden(self) -> np.ndarray:
        """bool (n,)"""
        return self.codes >= HIDDEN

    def shown(self, *states: str) -> np.ndarray:
        """bool (n,): in one of these states, and not hidden."""
        return np.isin(self.codes, [CODES[state] for state in states])

    def places(self, image_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where each of these pictures stands, int64 (m,), and whether it is there at all, bool (m,)."""
        if not len(self.image_ids):
            return np.zeros(len(image_ids), np.int64), np.zeros(len(image_ids), bool)
        places = np.minimum(np.searchsorted(self.image_ids, image_ids), len(self.image_ids) - 1)
        return places, self.image_ids[places] == image_ids


def believed() -> Believed:
    """Of all pictures. Some 0.1 s for 100,000."""
    rows = copy_rows(ROWS, {}, record(("image", "product", "code")))
    return Believed(*(rows[name].astype(np.int64) for name in ("image", "product", "code")))
