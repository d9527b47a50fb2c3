"""Everything that changes while a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from autocnn.network import build
from autocnn.space.candidate import Candidate
from autocnn.training.average import Average
from autocnn.training.batches import derive
from autocnn.training.plan import Plan
from autocnn.training.precision import follow
from autocnn.training.recipe import Recipe


@dataclass(frozen=True)
class Best:
    """The best evaluated point: validation accuracy, progress in images, weights."""

    value: float
    images: int
    weights: dict[str, Tensor]


class State:
    """A network in training: weights, their average, the optimizer, progress, the best point.

    `epoch` and `batch` say which batch comes next, both from 0; `share` is how much of the
    schedule is done. `sum` and `seen` make the mean training loss since the last point.
    """

    def __init__(self, candidate: Candidate, seed: int, horizon: int, plan: Plan):
        recipe = candidate.training
        assert isinstance(recipe, Recipe)
        torch.manual_seed(derive(seed, "weights", 0))
        self.identity = {"candidate": candidate.digest, "seed": seed, "horizon": horizon}
        self.module = follow(build(candidate.architecture), plan)
        self.average = None if recipe.ema is None else Average(self.module, recipe.ema)
        self.optimizer = recipe.optimizer.over(self.module)
        self.lr = recipe.optimizer.lr
        self.images = self.steps = self.epoch = self.batch = self.seen = 0
        self.share = self.sum = self.norm = 0.0
        self.best: Best | None = None

    @property
    def evaluated(self) -> nn.Module:
        """The network that evaluation uses: the average where there is one."""
        return self.module if self.average is None else self.average.module

    def weights(self) -> dict[str, Tensor]:
        """Copies of the weights that evaluation uses now, on the CPU, contiguous."""
        return {
            name: tensor.detach().to("cpu", copy=True).contiguous()
            for name, tensor in self.evaluated.state_dict().items()
        }

    def document(self) -> dict[str, Any]:
        """All of it, for a checkpoint: tensors, numbers and strings only."""
        best = self.best
        return {
            **self.identity,
            "model": self.module.state_dict(),
            "average": None if self.average is None else self.average.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "images": self.images,
            "steps": self.steps,
            "epoch": self.epoch,
            "batch": self.batch,
            "share": self.share,
            "best": None
            if best is None
            else {"value": best.value, "images": best.images, "weights": best.weights},
        }

    def load(self, document: dict[str, Any]) -> None:
        """Go on from a checkpoint; raises ValueError if it is of another training."""
        for name, value in self.identity.items():
            if document[name] != value:
                raise ValueError(
                    f"the checkpoint is of another training: {name} {document[name]}, not {value}"
                )
        self.module.load_state_dict(document["model"])
        if self.average is not None:
            self.average.module.load_state_dict(document["average"])
        self.optimizer.load_state_dict(document["optimizer"])
        for name in ("images", "steps", "epoch", "batch", "share"):
            setattr(self, name, document[name])
        self.best = None if document["best"] is None else Best(**document["best"])
