"""Mirror left and right in every second epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.augment.batch import Batch
from autocnn.data.augment.some_images import mirror

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("alternating_flip")
class AlternatingFlip(Augmentation):
    """Mirror half of the images in even epochs and the others in odd ones; not for digits or text.

    Two epochs in a row show every image in both ways, which chance does not. Which half an image
    is in follows from its place in the data set alone.
    """

    paper = "https://arxiv.org/abs/2404.00498"

    def change(self, batch: Batch, generator: torch.Generator) -> Batch:
        flipped = (_bit(batch.rows) + batch.epoch) % 2 == 1
        return batch.showing(mirror(batch.images, flipped, axis=3))

    def views(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The mirrored images."""
        return (images.flip(3),)

    def view_source(self) -> str:
        return "[image.flip(3)]"


def _bit(rows: torch.Tensor) -> torch.Tensor:
    """0 or 1 for each row, without a pattern: the finaliser of SplitMix64, with wrap-around."""
    mixed = rows * -0x61C8864680B583EB
    mixed = (mixed ^ (mixed >> 30)) * -0x40A7B892E31B1A47
    return (mixed >> 40) & 1
