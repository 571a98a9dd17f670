"""The weighted mean of checkpoints of one network: often better than each.

Model soups and WiSE-FT (Wortsman et al., 2022): a fine-tuned network and the one that it started from
are far apart in what they know, and near in weights.
"""

from collections.abc import Sequence
from pathlib import Path

import torch

from ml.train.checkpoint import load_checkpoint, save_checkpoint


def average_checkpoints(paths: Sequence[Path], to: Path, *, weights: Sequence[float] = (), part: str = "model") -> Path:
    """Writes the mean of the checkpoints' `part` to `to`, by `weights` (default: equal), made to sum to 1.

    Raises ValueError for checkpoints that do not fit together, FileNotFoundError for one that is not there.
    """
    shares = list(weights) or [1.0] * len(paths)
    if len(shares) != len(paths) or not paths or sum(shares) <= 0:
        raise ValueError(f"{len(paths)} checkpoints need as many weights, with a sum above 0; these are {shares}")
    states = [read_part(path, part) for path in paths]
    if any({name: value.shape for name, value in state.items()} != shapes(states[0]) for state in states):
        raise ValueError("These checkpoints are of different networks: their weights have other names or shapes.")
    total = sum(shares)
    mean = {name: mixed([state[name] for state in states], [share / total for share in shares]) for name in states[0]}
    made_of = {str(path): share / total for path, share in zip(paths, shares, strict=True)}
    save_checkpoint(to, **described(paths[0]), **{part: mean}, made_of=made_of)
    return to


def described(path: Path) -> dict[str, int]:
    """What a reader of the checkpoint must know of the network: the same for all that fit together."""
    state = load_checkpoint(path)
    return {name: state[name] for name in ("dim",) if name in state}


def read_part(path: Path, part: str) -> dict[str, torch.Tensor]:
    state = load_checkpoint(path)
    if state is None:
        raise FileNotFoundError(f"{path} is not there")
    if part not in state:
        raise ValueError(f"{path} has no {part}; it has {', '.join(sorted(state))}")
    return state[part]


def shapes(state: dict[str, torch.Tensor]) -> dict[str, torch.Size]:
    return {name: value.shape for name, value in state.items()}


def mixed(values: Sequence[torch.Tensor], shares: Sequence[float]) -> torch.Tensor:
    """Counters and flags cannot be mixed: they are the first one's."""
    if not values[0].is_floating_point():
        return values[0]
    return sum(value * share for value, share in zip(values, shares, strict=True))
