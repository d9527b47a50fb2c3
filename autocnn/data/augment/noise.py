"""Add random noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.draws import uniform
from autocnn.data.augment.levels import as_levels
from autocnn.data.onto import onto

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("noise")
class Noise(Augmentation):
    """Add normal noise to every value; its deviation is drawn for each image, up to `deviation`.

    The deviation is a share of the full range. The normal distribution has 256 steps, which end
    at 2.9 deviations: one random byte for each value.
    """

    deviation: float = Field(0.05, ge=0, le=1)

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        import numpy as np
        import torch

        deviation = uniform(images, generator, 0, 255 * self.deviation)
        seed = torch.randint(2**62, (1,), generator=generator).item()
        count, channels, height, width = images.shape
        drawn = np.random.default_rng(int(seed)).bytes(images.numel())
        steps = torch.frombuffer(bytearray(drawn or b"\0"), dtype=torch.uint8)[: images.numel()]
        quantiles = torch.special.ndtri((torch.arange(256) + 0.5) / 256)
        quantiles, steps = onto(quantiles, images.device), onto(steps, images.device)
        normal = quantiles.index_select(0, steps.int())
        normal = normal.view(count, height, width, channels).permute(0, 3, 1, 2)
        return as_levels(normal.mul_(deviation[:, None, None, None]).add_(images), images)
