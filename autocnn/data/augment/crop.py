"""Cut out a random part and enlarge it to the size of the whole."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.affine import warp
from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.draws import uniform

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("crop")
class Crop(Augmentation):
    """Show a part of each image at full size: a share of at least `area`, anywhere in it.

    The sides of that part are stretched against each other by a factor up to `stretch`, or its
    inverse. A crop of a padded image at its own size is `shift`.
    """

    paper = "https://arxiv.org/abs/1409.4842"

    area: float = Field(0.5, gt=0, le=1)
    stretch: float = Field(4 / 3, ge=1, le=10)

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        side = uniform(images, generator, self.area, 1).sqrt()
        ratio = (uniform(images, generator, -0.5, 0.5) * math.log(self.stretch)).exp()
        width, height = (side * ratio).clamp(max=1), (side / ratio).clamp(max=1)
        none = width.new_zeros(()).expand_as(width)
        offsets = tuple(
            uniform(images, generator, -0.5, 0.5) * (1 - share) * size
            for share, size in ((width, images.shape[3]), (height, images.shape[2]))
        )
        return warp(images, ((width, none), (none, height)), offsets, "edge")  # type: ignore[arg-type]
