"""Recipes, schedules and optimizers as options: JSON both ways, ranges, and no torch."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from autocnn.api import language, load_space
from autocnn.data.augment import AUGMENTATIONS
from autocnn.space import Candidate, elaborate, json_schema, sample
from autocnn.training import (
    AVERAGES,
    LOSSES,
    OPTIMIZERS,
    PRETRAININGS,
    REGULARIZERS,
    SCHEDULES,
    Recipe,
)

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
    *(("pretrain", word) for word in PRETRAININGS),
    ("average", "none"),
    ("loss", {"focal": {"class_weights": [1.0, 2.0]}}),
    ("loss", {"cross_entropy": {"class_weights": "balanced"}}),
    ("clip", 1.0),
    ("progressive", {}),
    ("progressive", {"start": 0.5, "until": 0.8, "steps": 2}),
    ("progressive", "none"),
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
        {"skip_easy": 1.0},
        {"skip_easy": 0.5, "oversample": 0.5},
        {"progressive": {"start": 1.0}},
        {"progressive": {"until": 0.0}},
        {"progressive": {"steps": 0}},
        {"optimizer": {"sgd": {"lr": float("nan")}}},
        {"optimizer": {"sgd": {"lr": 0.0}}},
        {"optimizer": {"sgd": {"momentum": 1.0}}},
        {"optimizer": {"adamw": {"momentum": 0.9}}},
        {"optimizer": {"rprop": {"lr": 0.1, "most": 0.01}}},
        {"optimizer": {"other": {"name": "lamb", "options": {"lr": 1.0}}}},
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


CLASS_LOSSES = [word for word in LOSSES if LOSSES[word].serves("classification")]
OPEN = {
    "data": {"shape": [1, 8, 8], "classes": 3},
    "architecture": ["global_pool", {"linear": {"units": "=classes", "activation": "none"}}],
    "training": {
        "optimizer": {
            "choice": {
                **{word: {"lr": {"float": [0.001, 0.1], "log": True}} for word in OPTIMIZERS},
                "other": {"name": {"choice": ["lamb", "madgrad"]},
                          "options": {"eps": {"choice": [1e-8, 1e-6]}}},
            }
        },
        "schedule": {"choice": {word: {"warmup": {"float": [0.0, 0.2]}} for word in SCHEDULES}},
        "loss": {
            "choice": {
                word: {"class_weights": {"choice": ["none", "balanced", [1.0, 2.0, 3.0]]}}
                for word in CLASS_LOSSES
            }
        },
        "average": {"choice": ["none", *AVERAGES, {"swa": {"start": {"float": [0.5, 0.9]}}}]},
        "regularize": {"choice": ["none", [{word: {}} for word in REGULARIZERS],
                                  [{"max_norm": {"limit": {"float": [1.0, 4.0]}}}]]},
        "progressive": {"choice": ["none", {"start": {"float": [0.3, 0.6]}}]},
    },
}  # fmt: skip


def test_everything_may_stand_in_a_hole() -> None:
    space = load_space(OPEN)
    Draft202012Validator(json_schema(language())).validate(OPEN)
    seen = set()
    for seed in range(60):
        candidate = elaborate(sample(space, seed), (1, 8, 8), 3)
        assert isinstance(candidate, Candidate), candidate
        recipe = candidate.training
        assert isinstance(recipe, Recipe)
        seen |= {recipe.optimizer.word, recipe.schedule.word, recipe.loss.word}
    assert len(seen) > 0.7 * len([*OPTIMIZERS, *SCHEDULES, *CLASS_LOSSES])
