"""What the losses for classification have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from autocnn.registry import Listed, OrNone
from autocnn.training.losses.loss import Loss

if TYPE_CHECKING:
    from torch import Tensor

Weight = Annotated[float, Field(gt=0, le=1e6)]


class ClassLoss(Loss):
    """A loss of logits and classes, in nats.

    `class_weights` is how much images of each class count, in the order of the classes:
    `balanced` lets all classes count alike, however many images they have. Weights are scaled so
    that their mean over the training images is 1.
    """

    tasks = ("classification",)

    class_weights: Annotated[
        Annotated[tuple[Weight, ...], Listed, Field(min_length=2)] | Literal["balanced"] | None,
        OrNone,
    ] = None

    def scaled_weights(self, counts: Sequence[int], images: int) -> tuple[float, ...] | None:
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
        return tuple(weight * images / total for weight in given)

    def of_images(self, outputs: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        each = self.each(outputs, targets)
        if weights is None:
            return each
        return each * (targets @ weights if targets.ndim > 1 else weights[targets])
