"""A denoising autoencoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from autocnn.training.pretraining.pretraining import PRETRAININGS, Pretraining

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@PRETRAININGS.register("denoising")
class Denoising(Pretraining):
    """Give back images to which Gaussian noise was added.

    The noise has `noise` times the standard deviation of all pixels. The loss is the mean squared
    difference over the whole image.
    """

    paper = "https://www.jmlr.org/papers/v11/vincent10a.html"

    noise: Annotated[float, Field(gt=0, le=10)] = 0.5

    def spoil(self, images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        import torch

        drawn = torch.randn(images.shape, generator=generator).to(images.device)
        return images + self.noise * drawn.to(images.dtype), torch.ones_like(images[:, :1])

    def value(self, found: Tensor, images: Tensor, counts: Tensor) -> Tensor:
        return (found - images).square().mean()
