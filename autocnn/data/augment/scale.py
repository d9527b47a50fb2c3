"""Make larger or smaller."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.affine import Fill, warp
from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.draws import uniform

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("scale")
class Scale(Augmentation):
    """Enlarge or shrink each image by a factor up to 1 + `amount`, or its inverse.

    `fill` says what comes into view: zero, the nearest edge pixel, or the mirrored image.
    """

    amount: float = Field(0.2, ge=0, le=4)
    fill: Fill = "zero"

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        factor = (uniform(images, generator, -1, 1) * math.log1p(self.amount)).exp()
        none = factor.new_zeros(()).expand_as(factor)
        return warp(images, ((factor, none), (none, factor)), None, self.fill)
