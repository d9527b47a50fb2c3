"""What a score before training is, and the known ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from autocnn.registry import Options, Registry

if TYPE_CHECKING:
    from torch import Tensor, nn

Loss = Callable[["Tensor"], "Tensor"]
"""The loss of a network's outputs for the images that it is scored on."""


class InitialScore(Options, ABC):
    """How promising a network looks before any training, from one batch; higher is better."""

    @abstractmethod
    def value(self, module: nn.Module, images: Tensor, loss: Loss) -> float:
        """The score of a freshly initialised network on images `(N, C, H, W)`.

        The network is free to be changed. NaN or infinite where there is none.
        """


SCORES: Registry[InitialScore] = Registry("score")
