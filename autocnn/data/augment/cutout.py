"""Blank out a random square."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.onto import onto
from autocnn.registry import Whole

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("cutout")
class Cutout(Augmentation):
    """Set a square of `size` pixels to zero, centred anywhere and cut at the image's edge."""

    paper = "https://arxiv.org/abs/1708.04552"

    size: Whole = Field(8, ge=0, le=1024)

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        count, _, height, width = images.shape
        rows = self._inside(count, height, generator)
        columns = self._inside(count, width, generator)
        kept = ~(rows[:, :, None] & columns[:, None, :])
        # Several times faster than masked_fill, and it keeps the memory layout.
        return images * onto(kept, images.device).to(images.dtype)[:, None]

    def _inside(self, count: int, size: int, generator: torch.Generator) -> torch.Tensor:
        import torch

        start = torch.randint(size, (count, 1), generator=generator) - self.size // 2
        position = torch.arange(size)
        return (position >= start) & (position < start + self.size)
