"""Small timings. Work is timed in processor time, which other work on the machine does not change much."""

from collections.abc import Callable
from time import perf_counter_ns, process_time_ns

import numpy as np


def core_us(call: Callable[[], object], times: int) -> float:
    """The median of some runs: microseconds of a core, all threads of this process together."""
    return median_us(call, times, process_time_ns)


def wall_us(call: Callable[[], object], times: int) -> float:
    """The median of some runs: microseconds by the clock."""
    return median_us(call, times, perf_counter_ns)


def median_us(call: Callable[[], object], times: int, clock_ns: Callable[[], int]) -> float:
    taken = []
    for _ in range(times):
        started = clock_ns()
        call()
        taken.append(clock_ns() - started)
    return float(np.median(taken)) / 1000
