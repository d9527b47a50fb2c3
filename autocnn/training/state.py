"""Everything that changes while a network is trained."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from autocnn.network import build
from autocnn.network.modules.whitening import whiten
from autocnn.space.candidate import Candidate
from autocnn.training.average import Average
from autocnn.training.easy_images import EasyImages
from autocnn.training.plan import Plan
from autocnn.training.precision import follow
from autocnn.training.recipe import recipe_of
from autocnn.training.seeds import derive

Number = float | Tensor
"""What is known, or on a GPU a tensor without dimensions that it may still be computing."""


@dataclass(frozen=True)
class Best:
    """The best evaluated point: its score, higher being better, progress in images, weights."""

    score: float
    images: int
    weights: dict[str, Tensor]


class State:
    """A network in training: weights, their average, the optimizer, progress, the best point.

    `epoch` and `batch` say which batch comes next, both from 0; `share` is how much of the
    schedule is done. `scores` are those of all evaluations, with their epochs, if the schedule
    asks for them, `reduction` is what it made of them. `pretraining` says how many epochs of that
    are done, and what it needs to go on. `sum` and `seen` make the mean training
    loss since the last point, `norms` the norm of the gradient. `easy` knows which of so many
    `images` are learned already, if the recipe asks. It begins with the `weights` of these names
    instead of random ones.
    """

    def __init__(
        self,
        candidate: Candidate,
        images: int,
        seed: int,
        horizon: int,
        plan: Plan,
        objective: str,
        weights: Mapping[str, Tensor] | None = None,
    ):
        recipe = recipe_of(candidate)
        torch.manual_seed(derive(seed, "weights", 0))
        self.identity = {
            "candidate": candidate.digest,
            "seed": seed,
            "horizon": horizon,
            "objective": objective,
            "weights": weights_digest(weights) if weights else None,
        }
        self.module = build(candidate.architecture)
        if weights:
            self.module.load_state_dict({**self.module.state_dict(), **weights})
        follow(self.module, plan)
        self.average = None if recipe.average is None else Average(self.module, recipe.average)
        self.optimizer = recipe.optimizer.over(
            self.module, recipe.early_rate, apart=recipe.frozen_epochs > 0
        )
        self.lr = recipe.optimizer.lr
        self.images = self.steps = self.epoch = self.batch = self.seen = 0
        self.share = 0.0
        self._clips, self._device = recipe.clip is not None, plan.device
        self.sum: Number = 0.0
        self.norms: Number = 0.0
        self.scores: list[tuple[float, float]] = []
        self.reduction = 1.0
        self.best: Best | None = None
        self.pretraining: dict[str, Any] | None = None
        skipped = recipe.skip_easy
        self.easy = EasyImages(images, skipped, plan.device) if skipped else None

    @property
    def evaluated(self) -> nn.Module:
        """The network that evaluation uses: the average as soon as there is one."""
        if self.average is None or not self.average.count:
            return self.module
        return self.average.module

    def weights(self) -> dict[str, Tensor]:
        """Copies of the weights that evaluation uses now, on the CPU, contiguous."""
        return {
            name: tensor.detach().to("cpu", copy=True).contiguous()
            for name, tensor in self.evaluated.state_dict().items()
        }

    def is_sound(self) -> bool:
        """Whether no weight and nothing that the optimizer keeps is NaN.

        Optimizers that follow signs alone, for which NaN has none, would not show it in a loss.
        """
        kept = _tensors_in((self.module.state_dict(), self.optimizer.state_dict()))
        return not any(tensor.isnan().any() for tensor in kept)

    def document(self) -> dict[str, Any]:
        """All of it, for a checkpoint: tensors on the CPU, numbers and strings only."""
        best = self.best
        document = {
            **self.identity,
            "model": self.module.state_dict(),
            "average": None if self.average is None else self.average.module.state_dict(),
            "averaged": 0 if self.average is None else self.average.count,
            "optimizer": self.optimizer.state_dict(),
            "images": self.images,
            "steps": self.steps,
            "epoch": self.epoch,
            "batch": self.batch,
            "share": self.share,
            "scores": list(self.scores),
            "reduction": self.reduction,
            "pretraining": self.pretraining,
            "easy": None if self.easy is None else self.easy.document(),
            "best": None
            if best is None
            else {"score": best.score, "images": best.images, "weights": best.weights},
        }
        return document if self._device == "cpu" else _on_cpu(document)

    def count(self, images: int, loss: Number, norm: Number, batches: int) -> None:
        """Take in a step over so many images; an epoch has so many batches."""
        self.images += images
        self.seen += images
        self.sum += images * loss
        self.norms += images * norm
        self.batch += 1
        if self.batch == batches:
            self.epoch, self.batch = self.epoch + 1, 0

    def means(self) -> dict[str, float]:
        """What a training tells of its steps since the last point, if there were any."""
        found = {"train_loss": self.sum} | ({"gradient_norm": self.norms} if self._clips else {})
        return {name: float(total) / self.seen for name, total in found.items() if self.seen}

    def whiten(self, images: Tensor) -> None:
        """Let the filters that come from images come from these (N, C, H, W)."""
        whiten(self.module, images)
        self.restart_average()

    def restart_average(self) -> None:
        """Let the average be the network as it is, as at the beginning."""
        if self.average is not None:
            self.average.module.load_state_dict(self.module.state_dict())

    def load(self, document: Mapping[str, Any]) -> None:
        """Go on from a checkpoint; raises ValueError if it is of another training."""
        if self.identity["weights"] is None:  # it goes on with those that it began with
            self.identity["weights"] = document.get("weights")
        for name, value in self.identity.items():
            if document.get(name) != value:
                text = f"{name} {document.get(name)}, not {value}"
                raise ValueError(f"the checkpoint is of another training: {text}")
        self.module.load_state_dict(document["model"])
        if self.average is not None:
            self.average.module.load_state_dict(document["average"])
            self.average.count = document["averaged"]
        self.optimizer.load_state_dict(interned(document["optimizer"]))
        for name in ("images", "steps", "epoch", "batch", "share", "scores", "reduction"):
            setattr(self, name, document[name])
        self.pretraining = document["pretraining"]
        if self.easy is not None:
            self.easy.load(document["easy"])
        self.best = None if document["best"] is None else Best(**document["best"])


def weights_digest(weights: Mapping[str, Tensor]) -> str:
    """The sha256 of names, types, shapes and values."""
    found = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        found.update(f"{name} {tensor.dtype} {list(tensor.shape)};".encode())
        found.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def interned(held: Any) -> Any:
    """The same with each word one object, as those are that the program writes itself.

    A pickle writes an object once: without this, files of equal content would differ in bytes.
    """
    if isinstance(held, dict):
        return {interned(key): interned(inner) for key, inner in held.items()}
    if isinstance(held, list):
        return [interned(inner) for inner in held]
    return sys.intern(held) if type(held) is str else held


def _on_cpu(held: Any) -> Any:
    """The same tree of mappings and lists with all tensors on the CPU."""
    if isinstance(held, Mapping):
        return {key: _on_cpu(inner) for key, inner in held.items()}
    if isinstance(held, list):
        return [_on_cpu(inner) for inner in held]
    return held.cpu() if isinstance(held, Tensor) else held


def _tensors_in(held: Any) -> Iterator[Tensor]:
    """Every tensor in a tree of mappings and lists."""
    if isinstance(held, Tensor):
        yield held
    elif isinstance(held, Mapping):
        for inner in held.values():
            yield from _tensors_in(inner)
    elif isinstance(held, list | tuple):
        for inner in held:
            yield from _tensors_in(inner)
