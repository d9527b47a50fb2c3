"""Which of the trained networks are better together than the best one alone."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from autocnn.data.tasks import Scale
    from autocnn.training import Evaluation
    from autocnn.training.metrics import Metric

LIBRARY = 8
"""So many networks are looked at, at most: the best."""

ROUNDS = 20
"""So many networks are added at most, the same one several times if that helps."""

VAIN = 4
"""The search ends after so many rounds without a better ensemble."""


def greedy(
    library: Sequence[Evaluation], metric: Metric, scale: Scale, until: float = math.inf
) -> list[float]:
    """How much each network counts, adding up to 1: forward selection with replacement.

    `library` has what each does on the same images, the best first; it begins with that one and
    adds in each round the network that makes the mean of all predictions best, by `metric`, by
    the loss where that is equal. The best ensemble on the way is kept, the smaller one of equals.
    No round begins that might end after `until`, by time.monotonic.
    See Caruana et al., Ensemble selection from libraries of models, ICML 2004.
    """
    counts = [0] * len(library)
    best_counts, best, vain = list(counts), (-np.inf, -np.inf), 0
    total = np.zeros_like(library[0].predictions, dtype=np.float64)
    first = longest = 0.0
    for size in range(1, ROUNDS + 1):
        began = time.monotonic()
        if size > 1 and began + max(longest, first * len(library)) > until:
            break
        chosen, reached = 0, (-np.inf, -np.inf)
        for number in [0] if size == 1 else range(len(library)):
            mean = _as(library, (total + library[number].predictions) / size)
            found = together(library[0], mean, scale)
            value = metric.value(found) if metric.maximize else -metric.value(found)
            if (value, -found.loss) > reached:
                chosen, reached = number, (value, -found.loss)
        longest = max(longest, time.monotonic() - began)
        first = first or longest
        counts[chosen] += 1
        total += library[chosen].predictions
        vain += 1
        if reached[0] > best[0]:
            best_counts, best, vain = list(counts), reached, 0
        if vain == VAIN:
            break
    return [count / sum(best_counts) for count in best_counts]


def mixed(library: Sequence[Evaluation], weights: Sequence[float], scale: Scale) -> Evaluation:
    """Networks together, each of which counts by its weight."""
    rows = [one.predictions for one in library]
    mean = _as(library, np.average(rows, axis=0, weights=weights))
    return together(library[0], mean, scale)


def _as(library: Sequence[Evaluation], mean: NDArray[np.float64]) -> NDArray[Any]:
    """As exact as the predictions: values far from zero have few digits left in float32."""
    return mean.astype(library[0].predictions.dtype)


def together(one: Evaluation, mean: NDArray[Any], scale: Scale) -> Evaluation:
    """The mean predictions `(images, outputs)` of several networks as those of one."""
    import torch

    outputs = one.task.outputs(torch.from_numpy(mean), scale)
    loss = one.task.mean_loss(outputs, torch.from_numpy(one.labels), scale)
    return replace(one, loss=loss, predictions=mean)
