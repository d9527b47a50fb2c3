"""What learning without labels is, and the known ways."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from autocnn.registry import Options, Registry, Whole

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Pretraining(Options, ABC):
    """Before the training the layers with maps learn to give spoilt images back as they were.

    They see the training images, without labels, for so many `epochs`, by AdamW with this `lr` in
    one cycle. The small decoder that they need for it is thrown away.
    """

    epochs: Annotated[Whole, Field(ge=1, le=10_000)] = 5
    lr: Annotated[float, Field(gt=0, le=10)] = 2e-3

    @abstractmethod
    def spoil(self, images: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The images `(N, C, H, W)`, normalised, as the network gets them, and where it counts.

        The second is 1 for values whose reconstruction counts, else 0: `(N, 1, H, W)`.
        """

    @abstractmethod
    def value(self, found: Tensor, images: Tensor, counts: Tensor) -> Tensor:
        """The loss: the mean over what counts, of images `(N, C, H, W)`."""


PRETRAININGS: Registry[Pretraining] = Registry("pretraining")
