"""What serves networks that know something already: first weights, freezing, rates by depth."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from autocnn.data import Dataset
from autocnn.network import build
from autocnn.training import OPTIMIZERS, REGULARIZERS, Recipe, train
from autocnn.training.optimizers.optimizer import PEAK
from autocnn.training.stages import Trunk, head_names, rates, stages
from autocnn.training.state import weights_digest

EPOCH = 320
"""Images of the train part of `quadrants`."""


def run(candidate, dataset: Dataset, until: int, **more) -> dict[str, Tensor]:
    for point in train(candidate, dataset, seed=0, until=until, horizon=4 * EPOCH, **more):
        assert point.reason is None
    return {name: tensor.clone() for name, tensor in point.state.module.state_dict().items()}


@pytest.mark.parametrize("word", [*OPTIMIZERS])
def test_a_frozen_trunk_stays_as_it_is_and_thaws(
    word: str, quadrants: Dataset, make_candidate
) -> None:
    decaying = [{each: {"decoupled": True}} for each in ("l1", "l2")] + ["max_norm"]
    optimizer = {word: {"name": "madgrad"} if word == "other" else {}}
    candidate = make_candidate(optimizer=optimizer, frozen_epochs=1, regularize=decaying)
    assert {*REGULARIZERS} == {"l1", "l2", "max_norm"}
    module = build(candidate.architecture)
    torch.nn.init.constant_(module[0].conv.weight, 0.5)
    begin = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    head = head_names(module)
    frozen = run(candidate, quadrants, EPOCH, weights=begin)
    for name, tensor in frozen.items():
        assert torch.equal(tensor, begin[name]) == (name not in head), name
    thawed = run(candidate, quadrants, EPOCH + 64, weights=begin)
    kept = {name for name in set(begin) - head if "running" in name or "batches" in name}
    assert kept
    for name, tensor in thawed.items():
        assert torch.equal(tensor, begin[name]) == (name in kept), name


def test_a_frozen_trunk_drops_nothing() -> None:
    module = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.Dropout(), nn.Sequential(nn.Dropout(), nn.Linear(1, 2))
    )
    trunk = Trunk(module.train())
    for frozen in (True, False):
        trunk.freeze(frozen)
        assert [part.training for part in module.modules() if type(part) is nn.Dropout] == [
            not frozen
        ] * 2
        assert module[2][1].training


def test_the_head_is_the_last_layer_with_its_norm(make_candidate) -> None:
    module = build(make_candidate().architecture)
    assert head_names(module) == {"linear_5.linear.weight", "linear_5.linear.bias"}
    names = [next(name for name, part in stage if part._parameters) for stage in stages(module)]
    assert names == ["conv_0.conv", "conv_1.conv", "conv_2.conv", "linear_5.linear"]


def test_rates_grow_by_the_same_factor_from_layer_to_layer(make_candidate) -> None:
    module = build(make_candidate().architecture)
    recipe = Recipe.model_validate({"early_rate": 0.125, "optimizer": {"sgd": {"norm_bias": 4.0}}})
    optimizer = recipe.optimizer.over(module, recipe.early_rate)
    recipe.optimizer.set_factor(optimizer, 0.5)
    found = {p: group["lr"] for group in optimizer.param_groups for p in group["params"]}
    assert set(found) == set(module.parameters()) == set(rates(module, 0.125))
    times = [0.125, 0.25, 0.5]
    for place, factor in enumerate(times):
        part = module[place]
        assert found[part.conv.weight] == found[part.norm.weight] == pytest.approx(0.05 * factor)
        assert found[part.norm.bias] == pytest.approx(0.2 * factor)
    assert found[module[5].linear.weight] == pytest.approx(0.05)
    plain = recipe.optimizer.over(module)
    assert sorted(group[PEAK] for group in plain.param_groups) == pytest.approx([0.1, 0.1, 0.4])


@pytest.mark.parametrize("word", [word for word in OPTIMIZERS if not OPTIMIZERS[word].scheduled])
def test_rates_by_depth_need_a_rate(word: str) -> None:
    with pytest.raises(ValidationError, match=f"`early_rate` needs .* {word}"):
        Recipe.model_validate({"optimizer": word, "early_rate": 0.5})


def test_a_training_begins_with_given_weights(quadrants: Dataset, make_candidate, file) -> None:
    candidate = make_candidate()
    settings = {"seed": 0, "until": 64, "horizon": 640}
    known = {"conv_0.conv.weight": torch.full((8, 1, 3, 3), 0.25)}
    (given,) = train(candidate, quadrants, weights=known, **settings)
    (plain,) = train(candidate, quadrants, **settings)
    moved = (given.weights()["conv_0.conv.weight"] - 0.25).abs().max()
    assert moved < 0.2
    assert not torch.equal(
        given.weights()["conv_0.conv.weight"], plain.weights()["conv_0.conv.weight"]
    )
    given.save(file)
    settings["until"] = 128
    (again,) = train(candidate, quadrants, start=file, weights=known, **settings)
    (resumed,) = train(candidate, quadrants, start=file, **settings)  # from what it began with
    assert weights_digest(again.weights()) == weights_digest(resumed.weights())
    with pytest.raises(ValueError, match="of another training: weights"):
        next(train(candidate, quadrants, start=file, weights=plain.weights(), **settings))
