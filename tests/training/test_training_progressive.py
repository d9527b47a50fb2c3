"""Smaller images at first: which networks take them, which sizes they see, and bit for bit."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from autocnn.api import load_space
from autocnn.data import Dataset
from autocnn.space import Candidate, Infeasible, elaborate, fill_values
from autocnn.training import Plan, read_candidate_json, train
from autocnn.training.pace import Pace
from autocnn.training.progressive import Progressive

SIZES = [6, 8, 10]
"""The sides at first, of 12."""


@pytest.fixture(scope="module")
def pooled() -> Candidate:
    return read_candidate_json(
        {
            "data": {"shape": [1, 12, 12], "classes": 4},
            "architecture": [
                {"conv": {"channels": 8, "norm": "batch", "stride": 2}},
                {"conv": {"channels": 8, "groups": "depthwise", "norm": "batch"}},
                {"global_pool": {"kind": "avgmax"}},
                {"linear": {"units": 4, "activation": "none"}},
            ],
            "training": {
                "batch_size": 32,
                "augment": [{"shift": {"pixels": 1}}],
                "progressive": {"start": 0.5, "until": 0.75, "steps": 3},
            },
        }
    )


def test_sizes_grow_in_equal_parts_to_the_full_one() -> None:
    progressive = Progressive(start=0.5, until=0.6, steps=3)
    sides = [progressive.size(share / 100, (12, 24)) for share in range(101)]
    assert sides == sorted(sides)
    assert [sides.count((side, 2 * side)) for side in (*SIZES, 12)] == [20, 20, 20, 41]
    assert progressive.smaller((12, 24)) == [(side, 2 * side) for side in SIZES]
    assert progressive.smaller((1, 1)) == []
    assert progressive.mean_pixels == pytest.approx(0.4 + 0.2 * (36 + 64 + 100) / 144)


def test_training_sees_small_images_and_evaluation_whole_ones(
    pooled: Candidate, quadrants: Dataset
) -> None:
    seen = {True: [], False: []}

    def note(module: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        if isinstance(module, nn.Conv2d) and module.in_channels == 1:
            seen[module.training].append(given[0].shape[2:])

    with register_module_forward_pre_hook(note):
        *_, last = train(pooled, quadrants, seed=0, until=1280, evaluate_at=[320])
    sides = [height for height, width in seen[True] if height == width]
    assert sides == [6] * 10 + [8] * 10 + [10] * 10 + [12] * 10
    assert set(seen[False]) == {(12, 12)}
    assert last.metrics["val_accuracy"] > 0.6  # four classes


def test_resumed_equals_uninterrupted_at_any_epoch(
    pooled: Candidate, quadrants: Dataset, low: Plan, file
) -> None:
    settings = {"seed": 3, "horizon": 1280, "plan": low}
    stops = [320, 640, 960, 1280]
    (*points,) = train(pooled, quadrants, until=1280, evaluate_at=stops, **settings)
    straight = points[-1].save(file)
    for stop, start in zip(stops, [None, file, file, file], strict=True):
        (point,) = train(pooled, quadrants, until=stop, start=start, **settings)
        resumed = point.save(file)
    assert straight == resumed


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([{"conv": {"channels": 2}}, "global_pool"], None),
        (["flatten"], "linear is made for (64,), not for (16,)"),
        ([{"adaptive_pool": {"size": 2}}, "flatten"], None),
        ([{"conv": {"channels": 2, "kernel": 5, "padding": 0}}, "global_pool"], "does not fit"),
        ([{"resize": {"scale": 2}}, "global_pool"], "resize is made for (1, 8, 8), not for"),
        (
            [{"conv": {"channels": 2, "padding": "same_tf", "stride": 3}}, "global_pool"],
            "conv is made for (1, 8, 8), not for (1, 4, 4)",
        ),
    ],
    ids=str,
)
def test_a_network_that_does_not_take_them_is_found_without_building_it(layers, said) -> None:
    space = load_space(
        {
            "data": {"shape": [1, 8, 8], "classes": 3},
            "architecture": [*layers, {"linear": {"units": 3, "activation": "none"}}],
            "training": {"progressive": {"start": 0.5, "steps": 2}},
        }
    )
    made = elaborate(fill_values(space, {}), (1, 8, 8), 3)
    if said is None:
        assert isinstance(made, Candidate), made
    else:
        assert isinstance(made, Infeasible)
        assert made.path == "training.progressive"
        assert "the network does not take " in made.text
        assert said in made.text


def test_the_evaluation_is_planned_for_images_of_full_size(pooled: Candidate) -> None:
    """A step on small images takes less time than the images of an evaluation will."""
    recipe, deadline = pooled.training, 1e12
    paces = [Pace(100, evaluated=100, deadline=deadline, fitted=True, share=0.0) for _ in range(2)]
    paces[0].note_step(1.0 / recipe.pixels(0.0), 10)  # type: ignore[attr-defined]
    paces[1].note_step(1.0 / recipe.pixels(1.0), 10)  # type: ignore[attr-defined]
    assert paces[0]._reserve == pytest.approx(4 * paces[1]._reserve)
