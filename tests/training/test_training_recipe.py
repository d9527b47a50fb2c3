"""Recipes, schedules and optimizers as options: JSON both ways, ranges, and no torch."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from autocnn.data.augment import AUGMENTATIONS
from autocnn.training import LOSSES, OPTIMIZERS, SCHEDULES, Recipe

PARTS = [
    *(("optimizer", word) for word in OPTIMIZERS),
    *(("schedule", word) for word in SCHEDULES),
    *(("loss", word) for word in LOSSES),
    *(("augment", [word]) for word in AUGMENTATIONS),
    ("augment", [{"shift": {"pixels": 1}}, "hflip"]),
    ("augment", "none"),
    ("ema", "none"),
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
        {"ema": 1.0},
        {"clip": 0.0},
        {"optimizer": {"sgd": {"lr": float("nan")}}},
        {"optimizer": {"sgd": {"lr": 0.0}}},
        {"optimizer": {"sgd": {"momentum": 1.0}}},
        {"optimizer": {"adamw": {"momentum": 0.9}}},
        {"schedule": {"step": {"at": [0.7, 0.5]}}},
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


@pytest.mark.parametrize("word", SCHEDULES)
@given(progress=st.floats(0, 1))
def test_a_factor_is_a_share(word: str, progress: float) -> None:
    assert 0 <= SCHEDULES[word]().value(progress) <= 1


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("constant", [1, 1, 1, 1, 1]),
        ({"step": {"at": [0.5, 0.75], "factor": 0.5}}, [1, 1, 0.5, 0.25, 0.25]),
        ({"cosine": {"warmup": 0.0}}, [1, 0.8536, 0.5, 0.1464, 0]),
        ({"onecycle": {"warmup": 0.5, "start": 0.2}}, [0.2, 0.6, 1, 0.5, 0]),
        ({"onecycle": {"warmup": 0, "anneal": "cosine"}}, [1, 0.8536, 0.5, 0.1464, 0]),
        ({"onecycle": {"warmup": 0, "end": 0.5}}, [1, 0.875, 0.75, 0.625, 0.5]),
        ({"cosine": {"warmup": 1.0}}, [0, 0.25, 0.5, 0.75, 0]),
    ],
)  # fmt: skip
def test_schedules_have_their_shape(schedule: object, expected: list[float]) -> None:
    made = SCHEDULES.parse(schedule)
    assert [made.value(k / 4) for k in range(5)] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("word", OPTIMIZERS)
def test_optimizers_decay_weights_only_and_learn(word: str) -> None:
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.LayerNorm(8))
    options = OPTIMIZERS[word].model_validate({"lr": 0.01, "weight_decay": 0.5})
    optimizer = options.over(module)
    decayed = {id(p): group["weight_decay"] for group in optimizer.param_groups
               for p in group["params"]}  # fmt: skip
    for name, parameter in module.named_parameters():
        assert decayed[id(parameter)] == (0.5 if name == "0.weight" else 0.0)
    x, y = torch.randn(64, 4), torch.randn(64, 8)
    losses = []
    for _ in range(50):
        loss = (module(x) - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_smoothing_gives_a_share_to_all_classes() -> None:
    logits = torch.tensor([[2.0, 0.0, 0.0]])
    loss = LOSSES.parse({"cross_entropy": {"label_smoothing": 0.3}})
    target = torch.tensor([0.8, 0.1, 0.1])
    expected = -(target * logits.log_softmax(1)).sum()
    torch.testing.assert_close(loss.value(logits, torch.tensor([0])), expected)
