"""Move by a few pixels, which is a random crop of a padded image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from autocnn.data.augment.affine import Fill
from autocnn.data.augment.augmentation import AUGMENTATIONS, Augmentation
from autocnn.data.onto import onto
from autocnn.registry import Whole

if TYPE_CHECKING:
    import torch


@AUGMENTATIONS.register("shift")
class Shift(Augmentation):
    """Move each image by up to `pixels` along both axes.

    What comes into view is `fill`: zero (black before normalisation, the mean after it), the
    nearest edge pixel, or the mirrored image. Moves end at the image's size less one.
    """

    paper = "https://arxiv.org/abs/1409.5185"

    pixels: Whole = Field(2, ge=0, le=256)
    fill: Fill = "zero"

    def apply(self, images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
        moved = images.permute(0, 2, 3, 1)  # (N, H, W, C): rows of pixels are copied whole
        for axis in (1, 2):
            moved = self._along(moved, axis, generator)
        return moved.permute(0, 3, 1, 2)

    def views(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The images moved by a pixel to the upper left and to the lower right.

        Edge pixels come into view instead of zeros, which are not black in normalised images.
        """
        fill: Fill = "edge" if self.fill == "zero" else self.fill
        return tuple(self._moved(images, start, fill) for start in (0, 2)) if self.pixels else ()

    def view_source(self) -> str:
        mode = "reflect" if self.fill == "mirror" else "replicate"
        padded = f'torch.nn.functional.pad(image, (1, 1, 1, 1), "{mode}")'
        seen = "at : at + image.shape[2], at : at + image.shape[3]"
        return f"[{padded}[..., {seen}] for at in (0, 2)]" if self.pixels else ""

    def _moved(self, images: torch.Tensor, start: int, fill: Fill) -> torch.Tensor:
        """`(N, C, H, W)` seen from row and column `start` of the images with a border of one."""
        import torch

        moved = images
        for axis in (2, 3):
            if (size := images.shape[axis]) > 1:
                moved = _padded(moved, axis, 1, fill).narrow(axis, start, size)
        return torch.empty_like(images).copy_(moved)  # in the layout of the others

    def _along(self, images: torch.Tensor, axis: int, generator: torch.Generator) -> torch.Tensor:
        """Move `(N, H, W, C)` along one axis: one copy for each distance."""
        import torch

        size = images.shape[axis]
        most = min(self.pixels, size - 1)
        distances = torch.randint(2 * most + 1, (len(images),), generator=generator)
        padded = _padded(images, axis, most, self.fill)
        moved = torch.empty_like(images)
        for distance in range(2 * most + 1):
            chosen = onto((distances == distance).nonzero()[:, 0], images.device)
            moved.index_copy_(
                0, chosen, padded.narrow(axis, distance, size).index_select(0, chosen)
            )
        return moved


def _padded(images: torch.Tensor, axis: int, pixels: int, fill: Fill) -> torch.Tensor:
    """The images with so many pixels more at both ends of an axis."""
    import torch

    if fill == "zero":
        shape = list(images.shape)
        shape[axis] = pixels
        border = images.new_zeros(shape)
        return torch.cat([border, images, border], axis)
    last = images.shape[axis] - 1
    rows = torch.arange(-pixels, last + 1 + pixels, device=images.device)
    rows = rows.clamp(0, last) if fill == "edge" else last - (last - rows.abs()).abs()
    return images.index_select(axis, rows)
