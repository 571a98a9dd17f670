"""What a unit of machine costs. The defaults are assumptions, round on purpose: replace them by what you pay."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

HOURS_PER_YEAR = 8760
MONTHS_PER_YEAR = 12


class BadPrices(ValueError):
    """The price file cannot be used. It holds `name = number` lines, and the names of the default table alone."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Money for one unit and period; everything is rented by the whole year."""

    ram_gib_month: float = 3.0
    ssd_gib_month: float = 0.10
    object_gib_month: float = 0.02
    vcpu_hour: float = 0.03
    accelerator_hour: float = 1.00
    currency: str = "USD"

    def yearly(
        self,
        *,
        ram_gib: float = 0,
        ssd_gib: float = 0,
        object_gib: float = 0,
        vcpus: float = 0,
        accelerators: float = 0,
    ) -> float:
        monthly = ram_gib * self.ram_gib_month + ssd_gib * self.ssd_gib_month + object_gib * self.object_gib_month
        hourly = vcpus * self.vcpu_hour + accelerators * self.accelerator_hour
        return monthly * MONTHS_PER_YEAR + hourly * HOURS_PER_YEAR


def read_prices(path: Path) -> Prices:
    """A TOML file with some of the names of `Prices`; the others keep their defaults. Raises BadPrices."""
    try:
        given = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise BadPrices(f"{path} cannot be read: {error}") from error
    known = {field.name: field.type for field in fields(Prices)}
    for name, value in given.items():
        if name not in known:
            raise BadPrices(f"{path}: there is no price {name}. There are {', '.join(known)}.")
        if known[name] is float and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
            raise BadPrices(f"{path}: {name} is not a number from zero up.")
    return Prices(**given)
