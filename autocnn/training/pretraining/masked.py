"""A masked autoencoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from autocnn.registry import Whole
from autocnn.training.pretraining.pretraining import PRETRAININGS, Pretraining

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@PRETRAININGS.register("masked")
class Masked(Pretraining):
    """Give back squares of the image that were hidden behind the mean colour.

    About this `share` of the squares is hidden, by chance for each image; a square has `patch`
    pixels along each side. The loss is the mean absolute difference over what was hidden.
    """

    paper = "https://arxiv.org/abs/2111.09886"

    share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    patch: Annotated[Whole, Field(ge=1, le=256)] = 4

    def spoil(self, images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        import torch

        count, _, height, width = images.shape
        rows, columns = -(-height // self.patch), -(-width // self.patch)
        drawn = torch.rand(count, 1, rows, columns, generator=generator) < self.share
        hidden = drawn.repeat_interleave(self.patch, 2).repeat_interleave(self.patch, 3)
        hidden = hidden[:, :, :height, :width].to(images.device)
        return images.masked_fill(hidden, 0.0), hidden

    def value(self, found: Tensor, images: Tensor, counts: Tensor) -> Tensor:
        wrong: Tensor = (found - images).abs() * counts
        return wrong.sum() / (counts.sum() * images.shape[1]).clamp(min=1)
