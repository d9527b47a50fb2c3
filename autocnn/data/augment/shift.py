"""Move by a few pixels, which is a random crop of a padded image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.registry import Whole

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("shift")
class Shift(Augmentation):
    """Move each image by up to `pixels` along both axes.

    What comes into view is `fill`: the nearest edge pixel, the mirrored image or zero, which is
    black before normalisation and the mean after it. Moves end at the image's size less one.
    """

    paper = "https://arxiv.org/abs/1409.5185"

    pixels: Whole = Field(2, ge=1, le=256)
    fill: Literal["edge", "mirror", "zero"] = "zero"

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        import torch

        count, _, height, width = images.shape
        rows, outside_rows = self._indices(count, height, generator)
        columns, outside_columns = self._indices(count, width, generator)
        device = images.device
        # Indices of (N, H, W, C) keep a channels-last batch channels-last.
        moved = images.permute(0, 2, 3, 1)[
            torch.arange(count, device=device)[:, None, None],
            rows.to(device)[:, :, None],
            columns.to(device)[:, None, :],
        ].permute(0, 3, 1, 2)
        if self.fill == "zero":
            outside = outside_rows[:, :, None] | outside_columns[:, None, :]
            moved = moved.masked_fill(outside.to(device)[:, None], 0)
        return moved

    def _indices(
        self, count: int, size: int, generator: torch.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The source position of each position, `(N, size)`, and where there is none."""
        import torch

        most = min(self.pixels, size - 1)
        offset = torch.randint(-most, most + 1, (count, 1), generator=generator)
        wanted = torch.arange(size) + offset
        outside = (wanted < 0) | (wanted >= size)
        if self.fill == "mirror":
            last = max(size - 1, 1)
            return last - (last - wanted.abs()).abs(), outside
        return wanted.clamp(0, size - 1), outside
