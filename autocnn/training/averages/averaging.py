"""What an average of weights is, and the known ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from autocnn.registry import Options, Registry


class Averaging(Options, ABC):
    """How the weights of several steps become those that are evaluated and kept.

    Statistics of norms are averaged as the weights are.
    """

    returns: ClassVar[bool] = False
    """Whether training goes on from the average whenever that has changed."""

    @abstractmethod
    def weight(self, step: int, share: float, count: int) -> float:
        """How much of the network the average takes in after a step, in [0, 1]; 0 is no change.

        Steps count from 1, `share` of the training is done, and so far the average has taken in
        the network `count` times.
        """


AVERAGES: Registry[Averaging] = Registry("average")
