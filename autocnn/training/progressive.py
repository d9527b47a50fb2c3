"""Smaller images at the beginning of a training."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from autocnn.registry import Options, Whole

Size = tuple[int, int]
"""Height and width."""


class Progressive(Options):
    """Train on smaller images at first, which is faster, and on whole ones at the end.

    Over the first `until` share of the training the sides grow from the share `start` of the full
    ones in `steps` sizes that each last as long. Augmentations see images of full size, which are
    resized after them; evaluations always see full size.
    """

    paper = "https://arxiv.org/abs/2104.00298"

    start: Annotated[float, Field(gt=0, lt=1)] = 0.6
    until: Annotated[float, Field(gt=0, le=1)] = 0.7
    steps: Annotated[Whole, Field(ge=1, le=64)] = 4

    def side(self, progress: float) -> float:
        """The share of each side in (0, 1] at a share of the training in [0, 1]."""
        step = int(progress / self.until * self.steps)
        return 1.0 if step >= self.steps else self._sides[step]

    def size(self, progress: float, full: Size) -> Size:
        """Height and width at a share of the training, of images of this full size."""
        return _scaled(full, self.side(progress))

    def smaller(self, full: Size) -> list[Size]:
        """The sizes before the full one, ascending and distinct."""
        found = dict.fromkeys(_scaled(full, side) for side in self._sides)
        return [size for size in found if size != full]

    @property
    def mean_pixels(self) -> float:
        """Pixels that a whole training sees over those without this, in (0, 1]."""
        small = sum(side**2 for side in self._sides) / self.steps
        return 1 - self.until * (1 - small)

    @property
    def _sides(self) -> list[float]:
        return [self.start + (1 - self.start) * step / self.steps for step in range(self.steps)]


def _scaled(full: Size, side: float) -> Size:
    height, width = (max(1, round(side * pixels)) for pixels in full)
    return height, width
