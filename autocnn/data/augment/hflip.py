"""Mirror left and right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.draws import some
from autocnn.data.augment.some_images import mirror

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("hflip")
class HFlip(Augmentation):
    """Mirror each image with this probability in [0, 1]; not for digits or text."""

    probability: float = Field(0.5, ge=0, le=1)

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        return mirror(images, some(images, generator, self.probability), axis=3)

    def views(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The mirrored images."""
        return (images.flip(3),)

    def view_source(self) -> str:
        return "[image.flip(3)]"
