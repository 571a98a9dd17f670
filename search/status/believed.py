"""What the catalog says of its pictures, to be compared with what the index holds."""

from dataclasses import dataclass

import numpy as np
from django.db import connection

from catalog.models import Image
from catalog.visible import HIDDEN_PRODUCTS

State = Image.Status
CODES = {state: code for code, state in enumerate(State)}
HIDDEN = 8  # added to the code of a picture that is blocked itself, or whose product is
CASES = " ".join(f"WHEN '{state}' THEN {code}" for state, code in CODES.items())
CODE = f"""(CASE i.status {CASES} END
    + CASE WHEN i.blocked OR i.product_id IN ({HIDDEN_PRODUCTS}) THEN {HIDDEN} ELSE 0 END)::bigint"""
# All rows in one value: the time goes where each of them is taken in hand, here and there.
ROWS = f"""SELECT string_agg(int8send(i.id) || int8send(i.product_id) || int8send({CODE}), ''::bytea)
    FROM catalog_image i"""


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
    """Of all pictures."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS)
        rows = np.frombuffer(cursor.fetchone()[0] or b"", ">i8").astype(np.int64).reshape(-1, 3)
    return Believed(*np.ascontiguousarray(rows[np.argsort(rows[:, 0])].T))
