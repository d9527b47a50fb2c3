"""What is judged before any training: shapes, constraints, known results."""

from __future__ import annotations

from typing import Any

import pytest
import synthetic

from autocnn.search.constraints import Constraints, Limits
from autocnn.search.costs import Costs
from autocnn.search.history import History
from autocnn.search.intake import Intake
from autocnn.search.stopping.asha import Asha
from autocnn.search.stopping.full import Full
from autocnn.space import fill_values
from autocnn.training import Plan

VALUES: dict[str, Any] = {
    "architecture.0.conv.channels": 8,
    "architecture.0.conv.kernel": 3,
    "architecture.1": "a0",
    "architecture.2.global_pool.kind": "avg",
    "training.optimizer.sgd.lr": 0.1,
}


def intake(**limits: Limits) -> Intake:
    return Intake((1, 8, 8), 10, 1295, Costs(Constraints(**limits), (), {}), Asha(), seed=0)


def filled(**space: Any) -> Any:
    return fill_values(synthetic.space(**space), VALUES)


def test_a_new_candidate_waits_with_its_ladder_and_seed() -> None:
    trial, row = intake().judge(filled(), {"note": 1}, History())
    assert (trial.state, trial.reason) == ("waiting", None)
    assert trial.ladder == (324, 971, 2914, 9 * 1295)
    assert (row.horizon, row.seed, row.notes) == (9 * 1295, trial.seed, {"note": 1})
    assert row.architecture is not None
    assert row.architecture.params == trial.params == 8 * 9 + 8 + 8 * 10 + 10
    assert row.candidate_digest == trial.candidate.digest  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("limits", "detail"),
    [
        ({"params": Limits(max=10)}, "is over 10"),
        ({"params": Limits(min=10**6)}, "is under 1,000,000"),
        ({"macs": Limits(max=5)}, "macs: "),
    ],
)
def test_y31_a_broken_constraint_says_which_and_by_what(limits: Any, detail: str) -> None:
    trial, row = intake(**limits).judge(filled(), {}, History())
    assert (trial.state, trial.reason) == ("infeasible", "constraint")
    assert detail in row.detail
    assert row.horizon is None


def test_y27_an_impossible_shape_is_told_at_its_layer() -> None:
    architecture = [
        {"conv": {"channels": {"int": [4, 64]}, "kernel": 3, "padding": "valid", "stride": 8}},
        {"pool": {"kernel": 7}},
        "global_pool",
        {"linear": {"units": "=classes", "activation": "none"}},
    ]
    space = synthetic.space(architecture=architecture)
    trial, row = intake().judge(
        fill_values(space, {k: v for k, v in VALUES.items() if "kernel" not in k}), {}, History()
    )
    assert (trial.state, trial.reason, trial.candidate) == ("infeasible", "shape", None)
    assert row.detail.startswith("architecture.1")


def test_a_known_candidate_is_a_duplicate_of_the_first() -> None:
    history, judge = History(), intake()
    for _ in range(3):
        history.add(judge.judge(filled(), {}, history)[0])
    assert [trial.state for trial in history.trials] == ["waiting", "duplicate", "duplicate"]
    assert [trial.original for trial in history.trials] == [None, 0, 0]


def test_memory_and_latency_are_told_before_training_and_kept() -> None:
    tight = Costs(Constraints(memory_mb={"max": 0.01}), (), Plan().to_json())
    trial, row = Intake((1, 8, 8), 10, 1295, tight, Asha(), seed=0).judge(filled(), {}, History())
    assert (trial.state, trial.reason) == ("infeasible", "constraint")
    assert row.detail.startswith("memory_mb: ")
    assert row.detail.endswith(" is over 0.01")

    wanted = Costs(Constraints(), ("val_accuracy", "params", "latency_ms"), Plan().to_json())
    trial, row = Intake((1, 8, 8), 10, 1295, wanted, Asha(), seed=0).judge(filled(), {}, History())
    assert trial.candidate is not None
    assert trial.costs["latency_ms"] > 0
    kept = {name: trial.costs[name] for name in ("params", "latency_ms")}
    assert row.notes == {"costs": kept}
    later = Costs(Constraints(), ("latency_ms",), Plan().to_json())
    later.known(trial.candidate, {"costs": {"latency_ms": 1.5}})
    assert later.of(trial.candidate)[0]["latency_ms"] == 1.5


def test_without_rungs_the_ladder_is_the_horizon() -> None:
    judge = Intake((1, 8, 8), 10, 1295, Costs(Constraints(), (), {}), Full(), seed=0)
    assert judge.judge(filled(), {}, History())[0].ladder == (9 * 1295,)
