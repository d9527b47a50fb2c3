"""Binary cross-entropy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from autocnn.registry import Listed, OrNone
from autocnn.training.losses.loss import LOSSES, Loss

if TYPE_CHECKING:
    from torch import Tensor

Weight = Annotated[float, Field(gt=0, le=1e6)]


@LOSSES.register("binary_cross_entropy")
class BinaryCrossEntropy(Loss):
    """The negative log-likelihood of each label by itself, in nats, as a mean over labels.

    `pos_weight` is how much images that have a label count more than those without it, for each
    label in their order; `balanced` lets both count alike.
    """

    tasks = ("multilabel",)

    pos_weight: Annotated[
        Annotated[tuple[Weight, ...], Listed, Field(min_length=1)] | Literal["balanced"] | None,
        OrNone,
    ] = None

    def scaled_weights(self, counts: Sequence[int], images: int) -> tuple[float, ...] | None:
        """The weight of images with each label, 1 for a label that none or all of them have."""
        if self.pos_weight != "balanced":
            return self.pos_weight
        return tuple((images - n) / n if 0 < n < images else 1.0 for n in counts)

    def of_images(self, outputs: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
        each = self.each(outputs, targets)
        if weights is None:
            return each.mean(1)
        from torch.nn.functional import softplus

        return (each + (weights - 1) * targets * softplus(-outputs)).mean(1)

    def each(self, outputs: Tensor, targets: Tensor) -> Tensor:
        from torch.nn.functional import binary_cross_entropy_with_logits

        return binary_cross_entropy_with_logits(outputs, targets, reduction="none")
