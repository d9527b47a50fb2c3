"""One random number for each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.data.onto import onto

if TYPE_CHECKING:
    import torch


def uniform(
    images: torch.Tensor, generator: torch.Generator, low: float = 0.0, high: float = 1.0
) -> torch.Tensor:
    """A float32 tensor `(N,)` in [low, high), drawn on the CPU, on the device of the images."""
    import torch

    drawn = torch.rand(len(images), generator=generator)
    return onto(drawn.mul_(high - low).add_(low), images.device)


def some(images: torch.Tensor, generator: torch.Generator, probability: float) -> torch.Tensor:
    """A boolean tensor `(N,)`: which images are chosen, each with this probability."""
    return uniform(images, generator) < probability


def beta(images: torch.Tensor, generator: torch.Generator, alpha: float) -> torch.Tensor:
    """A float32 tensor `(N,)` in [0, 1] of the symmetric beta distribution.

    torch draws it from the global generator alone, NumPy from one that `generator` seeds.
    """
    import numpy as np
    import torch

    seed = torch.randint(2**62, (1,), generator=generator).item()
    drawn = np.random.default_rng(int(seed)).beta(alpha, alpha, len(images))
    return onto(torch.from_numpy(drawn.astype(np.float32)), images.device)
