"""Put a rectangle of one image into another and mix their classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.batch import Batch
from autocnn.data.augment.draws import beta, some, uniform
from autocnn.data.augment.rectangle import rectangles

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("cutmix")
class CutMix(Augmentation):
    """Put a rectangle of another image into each, and mix their targets by the areas.

    The share of the area is drawn for each image from the beta distribution of `alpha`; the
    rectangle is centred anywhere and cut at the image's edge. An image is mixed with this
    probability.
    """

    paper = "https://arxiv.org/abs/1905.04899"

    alpha: float = Field(1.0, gt=0, le=100)
    probability: float = Field(1.0, ge=0, le=1)

    def change(self, batch: Batch, generator: torch.Generator) -> Batch:
        images = batch.images
        side = (1 - beta(images, generator, self.alpha)).sqrt()
        side = side * some(images, generator, self.probability)
        spans = []
        for size in images.shape[2:]:
            start = (uniform(images, generator) * size - side * size / 2).round()
            spans.append((start, start + (side * size).round()))
        other = rectangles(spans, images)
        own = 1 - other.float().mean((1, 2))
        mask = other.to(images.dtype)[:, None]
        # Several times faster than where, and as exact.
        return batch.mixed((images * (1 - mask)).add_(images.roll(1, 0).mul_(mask)), own)
