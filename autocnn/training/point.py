"""What a training yields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from torch import Tensor

from autocnn.training.checkpoint import write_checkpoint
from autocnn.training.state import Best

Reason = Literal["non-finite", "patience", "deadline"]
"""Why a training ended before the images it was asked for."""


class Kept(Protocol):
    """What a training keeps of its network, or networks."""

    best: Best | None

    def weights(self) -> dict[str, Tensor]: ...
    def document(self) -> dict[str, Any]: ...


@dataclass(frozen=True, eq=False)
class Point:
    """One evaluation during a training, valid until the next one is asked for.

    `images` is the progress, `epoch` the same in epochs, `lr` the learning rate of the last
    step, `seconds` the time since this call of `train` began. `metrics` has `train_loss` (nats,
    since the last point, as the recipe's loss defines it), `gradient_norm` (the mean over its
    steps before they were clipped, if they are), `val_loss`, the metric of the data's task, such
    as `val_accuracy` in [0, 1], and the objective; what could not be measured in time or is not
    finite is missing. With a `reason` it is the last one. A point of the pretraining has no
    progress and only `pretrain_loss`.
    """

    images: int
    epoch: float
    metrics: Mapping[str, float]
    lr: float
    seconds: float
    images_per_second: float
    reason: Reason | None
    state: Kept = field(repr=False)

    def save(self, path: Path) -> str:
        """Write the checkpoint that `train(start=path)` goes on from; returns its sha256."""
        return write_checkpoint(path, self.state.document())

    @property
    def is_best(self) -> bool:
        """Whether it is the best one so far; each is where nothing is evaluated."""
        best = self.state.best
        return best is None or best.images == self.images

    def weights(self) -> dict[str, Tensor]:
        """The weights of the best point so far, or the present ones if none was evaluated."""
        best = self.state.best
        return self.state.weights() if best is None else best.weights
