"""Change brightness, contrast, saturation and hue."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.colour import grays, hue_matrices, recolour, saturation_matrices
from autocnn.data.augment.draws import uniform

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("colour_jitter")
class ColourJitter(Augmentation):
    """Change brightness, contrast, saturation and hue of each image.

    The first three are multiplied by a factor within 1 ± the option; `hue` is the largest turn
    of the colours, as a share of the full circle. Gray images have brightness and contrast only.
    """

    brightness: float = Field(0.2, ge=0, le=1)
    contrast: float = Field(0.2, ge=0, le=1)
    saturation: float = Field(0.2, ge=0, le=1)
    hue: float = Field(0.02, ge=0, le=0.5)

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        brightness, contrast, saturation = (
            uniform(images, generator, 1 - option, 1 + option)
            for option in (self.brightness, self.contrast, self.saturation)
        )
        angle = uniform(images, generator, -1, 1) * (2 * math.pi * self.hue)
        values = images.float()
        offset = grays(values) * brightness * (1 - contrast)
        factor = brightness * contrast
        if images.shape[1] == 3:
            # Both leave gray as it is, and therefore the offset.
            colours = hue_matrices(angle) @ saturation_matrices(saturation)
            return recolour(images, values, factor[:, None, None] * colours, offset)
        return recolour(images, values, factor, offset)
