"""Turn by a few degrees."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.affine import Fill, warp
from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.draws import uniform

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("rotate")
class Rotate(Augmentation):
    """Turn each image about its centre by up to `degrees` either way.

    `fill` says what comes into view: zero, the nearest edge pixel, or the mirrored image.
    """

    degrees: float = Field(15.0, ge=0, le=180)
    fill: Fill = "zero"

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        angle = uniform(images, generator, -1, 1) * math.radians(self.degrees)
        cos, sin = angle.cos(), angle.sin()
        return warp(images, ((cos, sin), (-sin, cos)), None, self.fill)
