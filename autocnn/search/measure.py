"""How good trained weights are on one part of the data, with an interval."""

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
    """The metric of the data's task with its 95 % interval over `images` images of one part.

    `details` holds what a report shows, such as the confusion matrix, the loss and, under
    `objective`, name and value of the metric that was searched for.
    """

    value: float
    low: float | None
    high: float | None
    images: int
    details: dict[str, Any] = field(default_factory=dict)
    metric: str = "accuracy"
    interval: str | None = "wilson"

    def measured(self) -> list[dict[str, Any]]:
        """What a bundle says of it: the metric, and the objective if that is another one."""
        known = {"metric": self.metric, "value": self.value, "images": self.images}
        found = [{**known, "low": self.low, "high": self.high, "interval": self.interval}]
        objective = self.details.get("objective", known)
        if objective["metric"] != self.metric:
            found.append({**objective, "images": self.images})
        return found


def validate(
    candidate: Candidate,
    checkpoint: Path,
    dataset: Dataset,
    plan: dict[str, Any],
    objective: str,
) -> Score:
    """Evaluate the best weights of a checkpoint on validation.

    In a cross-validation each image is predicted by the network of its fold, which has not learned
    it; `folds` of the details has the objective on each fold, their mean and its standard error.
    """
    if dataset.folds is None:
        found = evaluated(candidate, checkpoint, dataset, dataset.validation, plan)
        return score_of(found, dataset.classes, objective)
    import numpy as np

    from autocnn.training import Evaluation, Plan, evaluate, read_fold_weights
    from autocnn.training.metrics import named

    metric = named(objective)
    whole, values, losses = dataset.train + dataset.validation, [], []
    predictions = np.empty((len(whole), candidate.classes))  # float32 lacks digits of large values
    for number, weights in enumerate(read_fold_weights(checkpoint)):
        fold = dataset.fold(number)
        part = fold.validation
        found = evaluate(candidate, weights, part, fold, Plan.model_validate(plan))
        values.append(metric.value(found))
        losses.append(found.loss * len(part) / len(whole))
        predictions[dataset.folds == number] = found.predictions
    pooled = Evaluation(
        dataset.task,
        sum(losses),
        predictions.astype(found.predictions.dtype),
        whole.plain_labels,
    )
    score = score_of(pooled, dataset.classes, objective)
    return replace(score, details={**score.details, "folds": _spread(values)})


def _spread(values: Sequence[float]) -> dict[str, Any]:
    """Values, their mean and its standard error."""
    error = statistics.stdev(values) / math.sqrt(len(values))
    return {"values": list(values), "mean": statistics.fmean(values), "standard_error": error}


def evaluated(
    candidate: Candidate, checkpoint: Path, dataset: Dataset, part: Part, plan: dict[str, Any]
) -> Evaluation:
    """What the best weights of a checkpoint do on a part."""
    from autocnn.training import Plan, evaluate, read_weights

    weights = read_weights(checkpoint)
    return evaluate(candidate, weights, part, dataset, Plan.model_validate(plan))


def score_of(result: Evaluation, names: Sequence[str], objective: str) -> Score:
    """What was found on a part as a score, with the objective on it; outputs have these names."""
    from autocnn.training.metrics import named

    known, wanted = named(result.task.metric), named(objective)
    low, high, kind = known.interval(result)
    details = {
        **result.task.findings(result.predictions, result.labels, names),
        "loss": result.loss,
        "objective": {"metric": wanted.word, "value": float(wanted.value(result))},
    }
    return Score(known.value(result), low, high, len(result.labels), details, known.word, kind)


def score_alone(value: float, images: int, metric: str) -> Score:
    """A score of which nothing but the value is known: only an accuracy gives its interval."""
    if metric != "accuracy":
        return Score(value, None, None, images, metric=metric, interval=None)
    return Score(value, *wilson(round(value * images), images), images)
