"""Blur."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.draws import uniform
from autocnn.data.augment.levels import as_levels

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("blur")
class Blur(Augmentation):
    """Blur each image with a Gaussian whose deviation is up to so many `pixels`.

    At the borders the nearest edge pixel goes on.
    """

    pixels: float = Field(1.0, ge=0, le=32)

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        import torch

        deviation = uniform(images, generator, 0, self.pixels)
        radius = math.ceil(2 * self.pixels)
        distances = torch.arange(-radius, radius + 1, device=images.device)
        # Finite at deviation 0, where only the middle is left.
        weights = (-0.5 * (distances / deviation.clamp(min=1e-3)[:, None]).square()).exp()
        weights /= weights.sum(1, keepdim=True)
        values = images.permute(0, 2, 3, 1).float()
        for axis in (1, 2):
            values = _along(values, axis, radius, weights)
        return as_levels(values.permute(0, 3, 1, 2), images)


def _along(values: torch.Tensor, axis: int, radius: int, weights: torch.Tensor) -> torch.Tensor:
    """Sum up neighbours of `(N, H, W, C)` along an axis, with weights `(N, 2 * radius + 1)`."""
    import torch

    size = values.shape[axis]
    first, last = (
        values.narrow(axis, edge, 1).repeat_interleave(radius, axis) for edge in (0, size - 1)
    )
    padded = torch.cat([first, values, last], axis)
    total = torch.zeros_like(values)
    for position in range(2 * radius + 1):
        weight = weights[:, position, None, None, None]
        total.addcmul_(padded.narrow(axis, position, size), weight)
    return total
