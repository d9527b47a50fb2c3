"""Recipes, schedules and optimizers as options: JSON both ways, ranges, and no torch."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from pydantic import ValidationError

from autocnn.data.augment import AUGMENTATIONS
from autocnn.training import AVERAGES, LOSSES, OPTIMIZERS, REGULARIZERS, SCHEDULES, Recipe

PARTS = [
    *(("optimizer", word) for word in OPTIMIZERS if word != "other"),
    ("optimizer", {"other": {"name": "lamb", "options": {"betas": [0.9, 0.99]}}}),
    *(("schedule", word) for word in SCHEDULES),
    *(("loss", word) for word in LOSSES),
    *(("augment", [word]) for word in AUGMENTATIONS),
    ("augment", [{"shift": {"pixels": 1}}, "hflip"]),
    ("augment", "none"),
    *(("regularize", [word]) for word in REGULARIZERS),
    *(("average", word) for word in AVERAGES),
    ("average", "none"),
    ("loss", {"focal": {"class_weights": [1.0, 2.0]}}),
    ("loss", {"cross_entropy": {"class_weights": "balanced"}}),
    ("clip", 1.0),
    ("epochs", 2e1),
]


@pytest.mark.parametrize(("field", "value"), PARTS)
def test_a_recipe_survives_json(field: str, value: object) -> None:
    recipe = Recipe.model_validate({field: value})
    assert Recipe.model_validate(json.loads(json.dumps(recipe.to_json()))) == recipe
    assert hash(recipe) == hash(Recipe.model_validate(recipe.to_json()))


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 1},
        {"epochs": 0},
        {"epochs": 1.5},
        {"patience": -1},
        {"average": {"ema": {"decay": 1.0}}},
        {"average": {"swa": {"every": 0}}},
        {"regularize": [{"l1": {"rate": -1e-5}}]},
        {"regularize": [{"max_norm": {"limit": 0.0}}]},
        {"clip": 0.0},
        {"optimizer": {"sgd": {"lr": float("nan")}}},
        {"optimizer": {"sgd": {"lr": 0.0}}},
        {"optimizer": {"sgd": {"momentum": 1.0}}},
        {"optimizer": {"adamw": {"momentum": 0.9}}},
        {"schedule": {"multi_step": {"at": [0.7, 0.5]}}},
        {"schedule": {"multi_step": {"at": []}}},
        {"schedule": {"step": {"every": 0.0}}},
        {"schedule": {"exponential": {"factor": 1.0}}},
        {"schedule": {"cosine_restarts": {"cycles": 0}}},
        {"schedule": {"plateau": {"patience": 0}}},
        {"loss": {"focal": {"gamma": -1.0}}},
        {"loss": {"cross_entropy": {"class_weights": [1.0]}}},
        {"loss": {"cross_entropy": {"class_weights": [1.0, 0.0]}}},
        {"loss": {"cross_entropy": {"class_weights": "balance"}}},
        {"loss": {"cross_entropy": {"label_smoothing": 1.0}}},
        {"augment": "hflip"},
        {"learning_rate": 0.1},
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Recipe.model_validate(options)


def test_an_unknown_word_names_the_nearest() -> None:
    with pytest.raises(ValidationError, match=r"unknown optimizer 'adamv'.*did you mean 'adam"):
        Recipe.model_validate({"optimizer": "adamv"})


def test_recipes_need_no_torch() -> None:
    code = "import sys, autocnn.training as t; t.Recipe(); t.Plan(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
