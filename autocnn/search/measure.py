"""Accuracy of trained weights on one part of the data, with its interval."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.interval import wilson

if TYPE_CHECKING:
    from autocnn.data import Dataset, Part
    from autocnn.space import Candidate
    from autocnn.training import Evaluation


@dataclass(frozen=True)
class Score:
    """An accuracy with its 95 % Wilson interval over `images` images of one part.

    `details` holds the confusion matrix, rows being the true classes, the loss in nats and, under
    `objective`, name and value of the metric that was searched for.
    """

    value: float
    low: float
    high: float
    images: int
    details: dict[str, Any] = field(default_factory=dict)

    def measured(self) -> list[dict[str, Any]]:
        """What a bundle says of it: the accuracy, and the objective if that is another metric."""
        accuracy = {"metric": "accuracy", "value": self.value, "images": self.images}
        found = [{**accuracy, "low": self.low, "high": self.high, "interval": "wilson"}]
        objective = self.details.get("objective", accuracy)
        if objective["metric"] != "accuracy":
            found.append({**objective, "images": self.images})
        return found


def validate(
    candidate: Candidate,
    checkpoint: Path,
    dataset: Dataset,
    plan: dict[str, Any],
    objective: str = "val_accuracy",
) -> Score:
    """Evaluate the best weights of a checkpoint on validation.

    In a cross-validation each image is predicted by the network of its fold, which has not learned
    it; `folds` of the details has the objective on each fold, their mean and its standard error.
    """
    if dataset.folds is None:
        return measure(candidate, checkpoint, dataset, dataset.validation, plan, objective)
    import numpy as np

    from autocnn.training import METRICS, Plan, evaluate, read_fold_weights

    metric = METRICS[objective.removeprefix("val_")]()
    whole, values, losses = dataset.train + dataset.validation, [], []
    probabilities = np.empty((len(whole), candidate.classes), np.float32)
    confusion = np.zeros((candidate.classes,) * 2, np.int64)
    for number, weights in enumerate(read_fold_weights(checkpoint)):
        fold = dataset.fold(number)
        part = fold.validation
        found = evaluate(candidate, weights, part, fold, Plan.model_validate(plan))
        values.append(metric.value(found, part.labels))
        losses.append(found.loss * len(part) / len(whole))
        probabilities[dataset.folds == number] = found.probabilities
        confusion += found.confusion
    accuracy = float(confusion.trace() / confusion.sum())
    pooled = replace(
        found,
        accuracy=accuracy,
        loss=sum(losses),
        confusion=confusion,
        probabilities=probabilities,
    )
    score = score_of(pooled, whole, objective)
    return replace(score, details={**score.details, "folds": _spread(values)})


def _spread(values: Sequence[float]) -> dict[str, Any]:
    """Values, their mean and its standard error."""
    error = statistics.stdev(values) / math.sqrt(len(values))
    return {"values": list(values), "mean": statistics.fmean(values), "standard_error": error}


def measure(
    candidate: Candidate,
    checkpoint: Path,
    dataset: Dataset,
    part: Part,
    plan: dict[str, Any],
    objective: str = "val_accuracy",
) -> Score:
    """Evaluate the best weights of a checkpoint on a part."""
    from autocnn.training import Plan, evaluate, read_weights

    weights = read_weights(checkpoint)
    result = evaluate(candidate, weights, part, dataset, Plan.model_validate(plan))
    return score_of(result, part, objective)


def score_of(result: Evaluation, part: Part, objective: str = "val_accuracy") -> Score:
    """What was found on a part as a score, with the objective on it."""
    from autocnn.training import METRICS

    images = len(part)
    low, high = wilson(round(result.accuracy * images), images)
    name = objective.removeprefix("val_")
    details = {
        "confusion": result.confusion.tolist(),
        "loss": result.loss,
        "objective": {"metric": name, "value": METRICS[name]().value(result, part.labels)},
    }
    return Score(result.accuracy, low, high, images, details)


def read_test(
    candidate: Candidate,
    checkpoint: Path,
    dataset: Dataset,
    plan: dict[str, Any],
    objective: str = "val_accuracy",
) -> Score | None:
    """Read the test part, once per study, on the weights that go into the bundle."""
    if dataset.test is None:
        return None
    return measure(candidate, checkpoint, dataset, dataset.test, plan, objective)
