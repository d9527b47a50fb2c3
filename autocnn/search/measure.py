"""Accuracy of trained weights on one part of the data, with its interval."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.interval import wilson

if TYPE_CHECKING:
    from autocnn.data import Dataset, Part
    from autocnn.space import Candidate


@dataclass(frozen=True)
class Score:
    """An accuracy with its 95 % Wilson interval over `images` images of one part.

    `details` holds the confusion matrix, rows being the true classes.
    """

    value: float
    low: float
    high: float
    images: int
    details: dict[str, Any] = field(default_factory=dict)


def measure(
    candidate: Candidate, checkpoint: Path, dataset: Dataset, part: Part, plan: dict[str, Any]
) -> Score:
    """Evaluate the best weights of a checkpoint on a part."""
    from autocnn.training import Plan, evaluate, read_weights

    weights = read_weights(checkpoint)
    result = evaluate(candidate, weights, part, dataset, Plan.model_validate(plan))
    images = len(part)
    low, high = wilson(round(result.accuracy * images), images)
    details = {"confusion": result.confusion.tolist(), "loss": result.loss}
    return Score(result.accuracy, low, high, images, details)


def read_test(
    candidate: Candidate, checkpoint: Path, dataset: Dataset, plan: dict[str, Any]
) -> Score | None:
    """Read the test part, once per study, on the weights that go into the bundle."""
    if dataset.test is None:
        return None
    return measure(candidate, checkpoint, dataset, dataset.test, plan)
