"""What all losses have in common, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from autocnn.registry import Listed, Options, OrNone, Registry

if TYPE_CHECKING:
    from torch import Tensor

Weight = Annotated[float, Field(gt=0, le=1e6)]


class Loss(Options, ABC):
    """What training makes small: the mean over a batch, in nats.

    `class_weights` is how much images of each class count, in the order of the classes:
    `balanced` lets all classes count alike, however many images they have. Weights are scaled so
    that their mean over the training images is 1.
    """

    class_weights: Annotated[
        Annotated[tuple[Weight, ...], Listed, Field(min_length=2)] | Literal["balanced"] | None,
        OrNone,
    ] = None

    def scaled_weights(self, counts: Sequence[int]) -> tuple[float, ...] | None:
        """The weight of each class where so many training images have it, or None for all alike.

        A class without images has the weight 0.
        """
        if self.class_weights is None:
            return None
        if self.class_weights == "balanced":
            given = tuple(1 / count if count else 0.0 for count in counts)
        else:
            given = tuple(
                weight if count else 0.0
                for weight, count in zip(self.class_weights, counts, strict=True)
            )
        total = sum(weight * count for weight, count in zip(given, counts, strict=True))
        return tuple(weight * sum(counts) / total for weight in given)

    def value(self, logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        """The mean over a batch of logits `(N, classes)`.

        Targets are classes int64 `(N,)` or shares of classes `(N, classes)`, weights `(classes,)`.
        """
        each = self.each(logits, targets)
        if weights is None:
            return each.mean()
        return (each * (targets @ weights if targets.ndim > 1 else weights[targets])).mean()

    @abstractmethod
    def each(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The loss of each image `(N,)`."""


LOSSES: Registry[Loss] = Registry("loss")
