"""Measure a network on a part of the data."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from autocnn.data import Dataset, Part
from autocnn.data.tasks import Classification, Scale, Task
from autocnn.data.tasks.classification import confusion
from autocnn.network import build
from autocnn.space.candidate import Candidate
from autocnn.training.batches import Normalise
from autocnn.training.device_images import gather
from autocnn.training.plan import Plan
from autocnn.training.precision import arithmetic, follow
from autocnn.training.recipe import recipe_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 512
"""Images per forward pass: large enough to hide overheads, small enough for the caches."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a network does on a part.

    `predictions` are probabilities or values in their units, float32 `(images, outputs)` in the
    order of the part, `labels` those of the part, `loss` how far the two are from each other,
    whatever the recipe's loss: the mean negative log-likelihood in nats, for values the mean
    square of the distance in standard deviations.
    """

    task: Task
    loss: float
    predictions: NDArray[np.float32]
    labels: NDArray[Any]

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """Counts `(classes, classes)` with the true classes as rows, in a classification."""
        return confusion(self.predictions, self.labels)

    @property
    def accuracy(self) -> float:
        """The share of images whose most probable class is the true one, in a classification."""
        return int(self.confusion.trace()) / len(self.labels)

    def take(self, rows: NDArray[np.int64]) -> Evaluation:
        """The same of these images only, which may come several times."""
        return replace(self, predictions=self.predictions[rows], labels=self.labels[rows])


def evaluate(
    candidate: Candidate, weights: Mapping[str, Tensor], part: Part, dataset: Dataset, plan: Plan
) -> Evaluation:
    """Build the network with these weights and measure it on a part, as its recipe predicts.

    Values are estimated in float32, as by a bundle: in bfloat16 they have two to three digits.
    Raises RuntimeError where the weights are not those of this network.
    """
    with torch.random.fork_rng(devices=[]):
        module = build(candidate.architecture)
    module.load_state_dict(dict(weights))
    if dataset.task.scaled:
        plan = Plan(device=plan.device, threads=plan.threads)
    recipe = recipe_of(candidate)
    logits = forward(follow(module, plan), part, dataset, plan, views=recipe.views)
    assert logits is not None, "an evaluation without a deadline always ends"
    return measured(logits, part.labels, dataset.task, dataset.scale)


def forward(
    module: nn.Module,
    part: Part,
    dataset: Dataset,
    plan: Plan,
    *,
    deadline: float | None = None,
    views: Callable[[Tensor], Sequence[Tensor]] = lambda images: [images],
) -> Tensor | None:
    """Logits float32 `(images, classes)` on the CPU, in the order of the part.

    They are means over the `views` of each batch. `deadline` is in seconds of time.monotonic; None
    is returned when it comes first.
    """
    normalise = Normalise(dataset, plan)
    module.eval()
    logits = []
    with torch.inference_mode(), arithmetic(plan):
        for chosen in torch.split(torch.arange(len(part)), BATCH):
            if deadline is not None and time.monotonic() >= deadline:
                return None
            seen = [module(view).float() for view in views(normalise(gather(part, chosen)))]
            logits.append(torch.stack(seen).mean(0))
    return torch.cat(logits).cpu()


def measured(
    outputs: Tensor, labels: Tensor, task: Task | None = None, scale: Scale | None = None
) -> Evaluation:
    """What outputs `(N, outputs)` are worth against labels; without a task they are classes."""
    task, scale = task or Classification(), scale or Scale()
    return Evaluation(
        task=task,
        loss=task.mean_loss(outputs, labels, scale),
        predictions=task.predictions(outputs, scale).numpy(),
        labels=labels.numpy(),
    )
