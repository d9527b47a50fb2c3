"""Mix two images and their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.batch import Batch
from autocnn.data.augment.draws import beta, some
from autocnn.data.augment.levels import as_levels

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("mixup")
class Mixup(Augmentation):
    """Mix each image with another of the batch, and their targets in the same shares.

    The share is drawn for each image from the beta distribution of `alpha`; an image is mixed
    with this probability.
    """

    paper = "https://arxiv.org/abs/1710.09412"

    alpha: float = Field(0.2, gt=0, le=100)
    probability: float = Field(1.0, ge=0, le=1)

    def change(self, batch: Batch, generator: torch.Generator) -> Batch:
        images = batch.images
        own = beta(images, generator, self.alpha)
        own = own.masked_fill(~some(images, generator, self.probability), 1.0)
        values = images.float()
        mixed = values.roll(1, 0).lerp_(values, own[:, None, None, None])
        return batch.mixed(as_levels(mixed, images), own)
