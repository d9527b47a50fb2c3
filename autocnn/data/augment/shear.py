"""Slant."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.affine import Fill, warp
from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.draws import uniform

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("shear")
class Shear(Augmentation):
    """Slant each image along both axes by up to `degrees` either way.

    `fill` says what comes into view: zero, the nearest edge pixel, or the mirrored image.
    """

    degrees: float = Field(10.0, ge=0, le=60)
    fill: Fill = "zero"

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        most = math.tan(math.radians(self.degrees))
        along, across = (uniform(images, generator, -most, most) for _ in range(2))
        one = along.new_ones(()).expand_as(along)
        return warp(images, ((one, along), (across, one)), None, self.fill)
