"""Blank out a random square."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.registry import Whole

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("cutout")
class Cutout(Augmentation):
    """Set a square of `size` pixels to zero, centred anywhere and cut at the image's edge."""

    paper = "https://arxiv.org/abs/1708.04552"

    size: Whole = Field(8, ge=1, le=1024)

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        import torch

        count, _, height, width = images.shape
        tops = torch.randint(height, (count,), generator=generator) - self.size // 2
        lefts = torch.randint(width, (count,), generator=generator) - self.size // 2
        cut = images.clone()
        for image, top, left in zip(cut, tops.tolist(), lefts.tolist(), strict=True):
            image[:, max(top, 0) : top + self.size, max(left, 0) : left + self.size] = 0
        return cut
