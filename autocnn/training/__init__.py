"""One candidate, trained: recipes, plans for the machine, and a generator of evaluation points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from autocnn.training.averages import AVERAGES
from autocnn.training.losses import LOSSES
from autocnn.training.optimizers import OPTIMIZERS
from autocnn.training.plan import Plan
from autocnn.training.pretraining import PRETRAININGS
from autocnn.training.recipe import Recipe, recipe_of
from autocnn.training.regularizers import REGULARIZERS
from autocnn.training.schedules import SCHEDULES
from autocnn.training.scores import SCORES

if TYPE_CHECKING:
    from autocnn.space.candidate import Candidate
    from autocnn.training.checkpoint import read_fold_weights, read_weights
    from autocnn.training.evaluation import Evaluation, evaluate
    from autocnn.training.fold_training import train_folds
    from autocnn.training.kept_plan import measure_plan
    from autocnn.training.loop import train
    from autocnn.training.metrics import METRICS
    from autocnn.training.point import Point
    from autocnn.training.process_group import ProcessGroup

__all__ = [
    "AVERAGES",
    "LOSSES",
    "METRICS",
    "OPTIMIZERS",
    "PRETRAININGS",
    "REGULARIZERS",
    "SCHEDULES",
    "SCORES",
    "Evaluation",
    "Plan",
    "Point",
    "ProcessGroup",
    "Recipe",
    "evaluate",
    "measure_plan",
    "read_candidate_json",
    "read_fold_weights",
    "read_weights",
    "recipe_of",
    "train",
    "train_folds",
]

_LATER: Mapping[str, str] = {
    "METRICS": "metrics",
    "Evaluation": "evaluation",
    "Point": "point",
    "ProcessGroup": "process_group",
    "evaluate": "evaluation",
    "measure_plan": "kept_plan",
    "read_fold_weights": "checkpoint",
    "read_weights": "checkpoint",
    "train": "loop",
    "train_folds": "fold_training",
}
"""Names whose modules are imported when they are first asked for: most of them import torch."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


def read_candidate_json(document: Mapping[str, Any]) -> Candidate:
    """Read what `Candidate.to_json` wrote, with all known layers and recipes.

    Raises pydantic.ValidationError, KeyError or TypeError.
    """
    from autocnn.network import LAYERS
    from autocnn.space.candidate import Candidate

    return Candidate.from_json(document, LAYERS, Recipe)
