"""What a tier needs and costs, and the lines that say why."""

from dataclasses import dataclass, replace
from math import ceil

from search.capacity.demand import Demand
from search.capacity.prices import Prices

GIB = 2**30
BUSY_AFTER_A_LOSS = 0.9  # with one replica gone, the others may be this busy


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of the report. `uses`: names of the constants behind it."""

    what: str
    value: float
    unit: str
    how: str
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tier:
    """What a tier needs, all replicas together."""

    name: str
    lines: tuple[Line, ...]
    ram_gib: float = 0.0
    ssd_gib: float = 0.0
    object_gib: float = 0.0
    vcpus: float = 0.0
    accelerators: float = 0.0

    def figure(self, what: str) -> float:
        """0 where there is no such line."""
        return next((line.value for line in self.lines if line.what == what), 0.0)

    def yearly(self, prices: Prices) -> float:
        return prices.yearly(
            ram_gib=self.ram_gib,
            ssd_gib=self.ssd_gib,
            object_gib=self.object_gib,
            vcpus=self.vcpus,
            accelerators=self.accelerators,
        )


def cores_for(core_s_per_s: float, demand: Demand, replicas: int) -> int:
    """Cores that do this much work a second within the utilisation, with one replica gone as well; one each."""
    after_a_loss = replicas / (replicas - 1) / BUSY_AFTER_A_LOSS if replicas > 1 else 0
    return max(replicas, ceil(core_s_per_s * max(1 / demand.utilisation, after_a_loss))) if core_s_per_s else 0


def cheaper(tier: Tier, vcpus: float, accelerators: float, prices: Prices) -> Tier:
    on_cores, on_boards = replace(tier, vcpus=vcpus), replace(tier, accelerators=accelerators)
    on_cores, on_boards = (
        replace(t, name=f"{t.name}, on {w}") for t, w in ((on_cores, "cores"), (on_boards, "accelerators"))
    )
    return min(on_cores, on_boards, key=lambda option: option.yearly(prices))
