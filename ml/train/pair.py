"""Several image towers to one checkpoint: each knows what the others do not."""

from collections.abc import Sequence
from pathlib import Path

from ml.train.checkpoint import load_checkpoint, part, save_checkpoint


def pair_towers(checkpoints: Sequence[Path], to: Path, *, weights: Sequence[float] = ()) -> Path:
    """Write the towers of `checkpoints` as one checkpoint, which `load_tower` opens; `weights` default to equal ones.

    Raises ValueError for weights that do not fit, FileNotFoundError for a checkpoint that is not there.
    """
    shares = list(weights) or [1.0] * len(checkpoints)
    if len(shares) != len(checkpoints) or not checkpoints or min(shares) <= 0:
        raise ValueError(f"{len(checkpoints)} checkpoints need as many weights above 0; these are {shares}")
    towers = []
    for path in checkpoints:
        if (state := load_checkpoint(path)) is None:
            raise FileNotFoundError(f"{path} is not there")
        towers.append({"dim": state["dim"], "weights": part(state["best"], "tower")})
    dim = sum(tower["dim"] for tower in towers)
    save_checkpoint(to, towers=towers, weights=shares, dim=dim, made_of=[str(path) for path in checkpoints])
    return to
