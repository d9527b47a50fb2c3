"""The sections `search`, `budget`, `constraints` and `objectives`."""

from __future__ import annotations

import math
from typing import Any

import pytest
import synthetic

from autocnn.errors import SpaceError
from autocnn.search.constraints import Limits
from autocnn.search.objectives import COSTS, Objectives
from autocnn.search.opening import ineffective
from autocnn.search.settings import parse_duration
from autocnn.training import METRICS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("1h30m", 5400), ("1.5 m", 90), ("1d", 86400)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("section", "text"),
    [
        ({"budget": {"time": "soon"}}, "expected a time such as 90s, 30m or 2h, got 'soon'"),
        ({"budget": {"time": "30m later"}}, "expected a time such as"),
        ({"budget": {"time": 0}}, "budget.time"),
        ({"budget": {"trials": 0}}, "budget.trials"),
        ({"budget": {"minutes": 3}}, "unknown key 'minutes'"),
        ({"search": {"seed": -1}}, "search.seed"),
        ({"search": {"seed": 2**32}}, "search.seed"),
        ({"search": {"strategy": "tpa"}}, "did you mean 'tpe'?"),
        ({"search": {"stopping": "ash"}}, "did you mean 'asha'?"),
        ({"constraints": {"params": {"min": 9, "max": 3}}}, "`min <= max` must hold"),
        ({"objectives": {"val_accuracy": "minimize"}}, "objectives.val_accuracy"),
        ({"objectives": {"val_f1_macro": "minimize"}}, "expected maximize, got 'minimize'"),
        ({"objectives": {"val_f1_makro": "maximize"}}, "did you mean 'val_f1_macro'?"),
        ({"constraints": {"latency_ms": {"max": 5, "batch": 2}}}, "constraints.latency_ms.batch"),
        ({"constraints": {"latency_ms": {"runtime": "tf"}}}, "expected torch or onnx, got 'tf'"),
        ({"constraints": {"memory_mb": {"max": 0}}}, "constraints.memory_mb.max"),
    ],
)
def test_faults_are_told_by_path(section: dict[str, Any], text: str) -> None:
    with pytest.raises(SpaceError) as caught:
        synthetic.space(**section)
    assert text in str(caught.value)


def test_how_latency_is_measured_changes_nothing_where_it_is_not() -> None:
    measured = {"latency_ms": {"runtime": "onnx", "batch": 64}}
    (text,) = ineffective(synthetic.space(constraints=measured))
    assert text.startswith("constraints.latency_ms changes nothing: no `max` limits it")
    objectives = {"val_accuracy": "maximize", "latency_ms": "minimize"}
    assert not ineffective(synthetic.space(constraints=measured, objectives=objectives))


def test_several_objectives_begin_with_the_metric_that_decides_on_weights() -> None:
    several = {"params": "minimize", "val_accuracy": "maximize", "val_kappa": "maximize"}
    objectives = synthetic.space(objectives=several).sections["objectives"]
    assert isinstance(objectives, Objectives)
    assert list(objectives.wanted) == ["val_kappa", "val_accuracy", "params"]
    assert next(iter(objectives.to_json())) == objectives.metric == "val_kappa"
    assert Objectives.model_validate(objectives.to_json()) == objectives
    metrics, costs = {"val_accuracy": 0.9, "val_kappa": 0.8}, {"params": math.e, "macs": 5}
    assert objectives.scores(metrics, costs) == pytest.approx((0.8, 0.9, -1))
    assert objectives.scores({"val_accuracy": 0.9}, costs) == ()
    assert Objectives().scores(metrics, costs) == ()


def test_every_metric_may_be_the_objective_in_its_direction() -> None:
    assert set(Objectives().to_json()) == {f"val_{word}" for word in METRICS} | {*COSTS}
    for word, metric in METRICS.items():
        direction = "maximize" if metric.maximize else "minimize"
        objectives = Objectives.model_validate({f"val_{word}": direction})
        assert (objectives.metric, objectives.direction) == (f"val_{word}", direction)
    assert (Objectives().metric, Objectives().direction) == ("val_accuracy", "maximize")


def test_limits_say_what_they_are_broken_by() -> None:
    limits = Limits(min=1000, max=2000)
    assert limits.broken_by(1000) == limits.broken_by(2000) == ""
    assert limits.broken_by(999) == "under 1,000"
    assert limits.broken_by(2001) == "over 2,000"
