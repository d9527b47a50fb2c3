"""A largest norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from autocnn.training.regularizers.regularizer import REGULARIZERS, Regularizer

if TYPE_CHECKING:
    from torch import Tensor


@REGULARIZERS.register("max_norm")
class MaxNorm(Regularizer):
    """Scale the weights of each output down to this Euclidean norm after a step."""

    paper = "https://jmlr.org/papers/v15/srivastava14a.html"

    limit: Annotated[float, Field(gt=0, le=1000)] = 3.0

    def after(self, weights: Sequence[Tensor], lr: float) -> None:
        for weight in weights:
            weight.copy_(weight.renorm(2, 0, self.limit))
