"""Measure a network on a part of the data."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from autocnn.data import Dataset, Part
from autocnn.network import build
from autocnn.space.candidate import Candidate
from autocnn.training.batches import Normalise, gather
from autocnn.training.plan import Plan
from autocnn.training.precision import arithmetic, follow
from autocnn.training.recipe import Recipe

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 512
"""Images per forward pass: large enough to hide overheads, small enough for the caches."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a network does on a part.

    `accuracy` is in [0, 1], `loss` the mean negative log-likelihood in nats, `confusion` counts
    `(classes, classes)` with the true classes as rows, `probabilities` float32
    `(images, classes)` in the order of the part.
    """

    accuracy: float
    loss: float
    confusion: NDArray[np.int64]
    probabilities: NDArray[np.float32]


def evaluate(
    candidate: Candidate, weights: Mapping[str, Tensor], part: Part, dataset: Dataset, plan: Plan
) -> Evaluation:
    """Build the network with these weights and measure it on a part, as its recipe predicts.

    Raises RuntimeError where the weights are not those of this network.
    """
    with torch.random.fork_rng(devices=[]):
        module = build(candidate.architecture)
    module.load_state_dict(dict(weights))
    recipe = candidate.training
    assert isinstance(recipe, Recipe)
    logits = forward(follow(module, plan), part, dataset, plan, views=recipe.views)
    assert logits is not None, "an evaluation without a deadline always ends"
    return measured(logits, part.labels, candidate.classes)


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
            logits.append(torch.stack(seen).mean(0).cpu())
    return torch.cat(logits)


def measured(logits: Tensor, labels: Tensor, classes: int) -> Evaluation:
    """Accuracy, loss and confusion of logits `(N, classes)` against labels `(N,)`."""
    right = torch.bincount(labels * classes + logits.argmax(1), minlength=classes**2)
    confusion = right.reshape(classes, classes)
    return Evaluation(
        accuracy=int(confusion.trace()) / len(labels),
        loss=float(cross_entropy(logits.double(), labels)),
        confusion=confusion.numpy(),
        probabilities=logits.softmax(1).numpy(),
    )
