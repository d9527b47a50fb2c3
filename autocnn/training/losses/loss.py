"""What all losses have in common, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from autocnn.registry import Options, Registry

if TYPE_CHECKING:
    from torch import Tensor


class Loss(Options, ABC):
    """What training makes small: the mean over a batch. `tasks` says what labels it is for."""

    def scaled_weights(self, counts: Sequence[int], images: int) -> tuple[float, ...] | None:
        """The weight of each output, or None for all alike.

        So many of the training images have each class or label.
        """
        return None

    def value(self, outputs: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """The mean over a batch of outputs `(N, outputs)`.

        Targets are classes int64 `(N,)` or shares of classes, of labels, or values, all
        `(N, outputs)`; weights `(outputs,)`.
        """
        return self.of_images(outputs, targets, weights).mean()

    def of_images(self, outputs: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """The loss of each image `(N,)`, where the outputs have these weights."""
        return self.each(outputs, targets).reshape(len(outputs), -1).mean(1)

    @abstractmethod
    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of each image `(N,)`, or of each output of it `(N, outputs)`."""


LOSSES: Registry[Loss] = Registry("loss")
