"""What a foreign image tower is given: our square pixels, normalised as it was trained."""

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from ml.train.foreign.adopt import NotExportable


class FromPixels(nn.Module):
    """pixels uint8 (n, size, size, 3) -> float32 (n, dim), unit rows. `encode` is `model` or a method of it."""

    def __init__(
        self, model: nn.Module, encode: Callable, mean: tuple[float, ...], deviation: tuple[float, ...]
    ) -> None:
        super().__init__()
        self.model = model
        self.encode = encode
        self.register_buffer("mean", 255 * torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("deviation", 255 * torch.tensor(deviation).view(1, 3, 1, 1))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return F.normalize(self.encode((pixels.permute(0, 3, 1, 2).float() - self.mean) / self.deviation), dim=1)


def square(size: int | tuple[int, int]) -> int:
    """The side in pixels. Raises NotExportable: crops are put on squares here."""
    sides = {size} if isinstance(size, int) else set(size)
    if len(sides) != 1:
        raise NotExportable(f"its pictures are {size}, not square")
    return int(sides.pop())
