"""Blank out a random rectangle."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.draws import some, uniform
from autocnn.data.augment.rectangle import rectangles

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("random_erasing")
class RandomErasing(Augmentation):
    """Set a rectangle of each image to zero, with this probability.

    It takes a share of 0.02 to `area` of the image and lies wholly in it; its sides are stretched
    against each other by a factor up to 3.3, or its inverse.
    """

    paper = "https://arxiv.org/abs/1708.04896"

    probability: float = Field(0.5, ge=0, le=1)
    area: float = Field(0.33, ge=0.02, le=1)

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        chosen = some(images, generator, self.probability)
        side = uniform(images, generator, 0.02, self.area).sqrt()
        ratio = (uniform(images, generator, -0.5, 0.5) * math.log(3.3)).exp()
        inside = []
        for share, size in ((side / ratio, images.shape[2]), (side * ratio, images.shape[3])):
            length = (share * size).round().clamp(1, size)
            start = (uniform(images, generator) * (size - length + 1)).floor()
            inside.append((start, start + length))
        kept = ~(rectangles(inside, images) & chosen[:, None, None])
        return images * kept.to(images.dtype)[:, None]
