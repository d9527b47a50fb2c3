"""What a regularizer is, and the known ones."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from autocnn.registry import Options, Registry

if TYPE_CHECKING:
    from torch import Tensor

Rate = Annotated[float, Field(gt=0, le=10)]
"""How strongly weights are drawn to zero."""


class Regularizer(Options, ABC):
    """A pull on the weights of two and more dimensions beside the loss; norms and biases are free.

    A classic penalty adds to the gradient, a decoupled one changes the weights after the step, by
    the learning rate times the penalty. Training losses are given without penalties.
    """

    def before(self, weights: Sequence[Tensor]) -> None:
        """Change the gradients before a step."""

    def after(self, weights: Sequence[Tensor], lr: float) -> None:
        """Change the weights after a step at this learning rate."""


REGULARIZERS: Registry[Regularizer] = Registry("regularizer")
