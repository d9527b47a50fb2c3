"""The known losses for classification."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from autocnn.registry import Options, Registry

if TYPE_CHECKING:
    from torch import Tensor


class Loss(Options, ABC):
    """What training makes small."""

    @abstractmethod
    def value(self, logits: Tensor, labels: Tensor) -> Tensor:
        """The mean over a batch, in nats, of logits `(N, classes)` and labels int64 `(N,)`."""


LOSSES: Registry[Loss] = Registry("loss")


@LOSSES.register("cross_entropy")
class CrossEntropy(Loss):
    """The negative log-likelihood; smoothing gives a share of each label to all classes."""

    paper = "https://arxiv.org/abs/1512.00567"

    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1

    def value(self, logits: Tensor, labels: Tensor) -> Tensor:
        from torch.nn.functional import cross_entropy

        return cross_entropy(logits, labels, label_smoothing=self.label_smoothing)
