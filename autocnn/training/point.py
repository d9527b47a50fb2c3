"""What a training yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from torch import Tensor

from autocnn.training.checkpoint import write_checkpoint
from autocnn.training.state import State

Reason = Literal["non-finite", "patience", "deadline"]
"""Why a training ended before the images it was asked for."""


@dataclass(frozen=True, eq=False)
class Point:
    """One evaluation during a training, valid until the next one is asked for.

    `images` is the progress, `epoch` the same in epochs, `lr` the learning rate of the last
    step, `seconds` the time since this call of `train` began. `metrics` has `train_loss` (nats,
    since the last point, as the recipe's loss defines it), `gradient_norm` (the mean over its
    steps before they were clipped, if they are), `val_loss` (nats), `val_accuracy` in [0, 1] and
    the objective; what could not be measured in time or is not finite is missing. With a `reason`
    it is the last one.
    """

    images: int
    epoch: float
    metrics: Mapping[str, float]
    lr: float
    seconds: float
    images_per_second: float
    reason: Reason | None
    _state: State = field(repr=False)

    def save(self, path: Path) -> str:
        """Write the checkpoint that `train(start=path)` goes on from; returns its sha256."""
        return write_checkpoint(path, self._state.document())

    def weights(self) -> dict[str, Tensor]:
        """The weights of the best point so far, or the present ones if none was evaluated."""
        best = self._state.best
        return self._state.weights() if best is None else best.weights
