"""The sum of absolute weights as a penalty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autocnn.training.regularizers.regularizer import REGULARIZERS, Rate, Regularizer

if TYPE_CHECKING:
    from torch import Tensor


@REGULARIZERS.register("l1")
class L1(Regularizer):
    """Draw every weight to zero at the same pace, whatever its size.

    Decoupled, a weight ends at zero exactly; classic, it trembles around it.
    """

    paper = "https://doi.org/10.1111/j.2517-6161.1996.tb02080.x"

    rate: Rate = 1e-5
    decoupled: bool = False

    def before(self, weights: Sequence[Tensor]) -> None:
        if not self.decoupled:
            for weight in weights:
                if weight.grad is not None:
                    weight.grad.add_(weight.detach().sign(), alpha=self.rate)

    def after(self, weights: Sequence[Tensor], lr: float) -> None:
        if self.decoupled:
            from torch.nn.functional import softshrink

            for weight in weights:
                weight.copy_(softshrink(weight, lr * self.rate))
