"""What is judged before any training: shapes, constraints, known results."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import synthetic

from autocnn.errors import Problem, SpaceError
from autocnn.search.constraints import Constraints, Limits
from autocnn.search.costs import Costs
from autocnn.search.history import History
from autocnn.search.intake import Intake
from autocnn.search.opening import open_or_create
from autocnn.search.stopping.asha import Asha
from autocnn.search.stopping.full import Full
from autocnn.space import fill_values
from autocnn.space.difference import difference
from autocnn.store import open_store
from autocnn.training import Plan

VALUES: dict[str, Any] = {
    "architecture.0.conv.channels": 8,
    "architecture.0.conv.kernel": 3,
    "architecture.1": "a0",
    "architecture.2.global_pool.kind": "avg",
    "training.optimizer.sgd.lr": 0.1,
}


def intake(**limits: Any) -> Intake:
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
    assert row.candidate_digest == trial.candidate.digest


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
    assert (trial.state, trial.reason, trial.made) == ("infeasible", "shape", None)
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
    assert trial.costs["latency_ms"] > 0
    kept = {name: trial.costs[name] for name in ("params", "latency_ms")}
    assert row.notes == {"costs": kept}
    later = Costs(Constraints(), ("latency_ms",), Plan().to_json())
    later.known(trial.candidate, {"costs": {"latency_ms": 1.5}})
    assert later.of(trial.candidate)[0]["latency_ms"] == 1.5


@pytest.mark.parametrize("batch", [1, 64])
def test_latency_of_onnx_runtime_is_a_limit_too(batch: int) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    limit = {"max": 1e-4, "runtime": "onnx", "batch": batch}
    trial, row = intake(latency_ms=limit).judge(filled(), {}, History())
    assert (trial.state, trial.reason) == ("infeasible", "constraint")
    assert row.detail.startswith("latency_ms: ")
    assert row.notes["costs"] == {"latency_ms": trial.costs["latency_ms"]}
    assert intake(latency_ms=limit | {"max": 1e4}).judge(filled(), {}, History())[0].ladder


def test_a_network_that_the_runtime_cannot_run_breaks_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> float:
        raise SpaceError(Problem("A10", "has no ONNX form: an operator of its own"))

    monkeypatch.setattr("autocnn.training.latency.latency", refuse)
    trial, row = intake(latency_ms={"max": 1, "runtime": "onnx"}).judge(filled(), {}, History())
    assert (trial.state, trial.reason) == ("infeasible", "constraint")
    assert row.detail == "latency_ms: the network has no ONNX form: an operator of its own [A10]"


def test_a_younger_default_is_no_part_of_a_study() -> None:
    new = synthetic.space(constraints={"params": {"max": 9}}).identity()
    assert new["constraints"]["latency_ms"] == {"max": None, "batch": 1}
    other = synthetic.space(
        constraints={"params": {"max": 9}, "latency_ms": {"runtime": "onnx"}}
    ).identity()
    changed = ["constraints.latency_ms.runtime: (nothing) -> onnx"]
    assert difference(new, other) == changed


def test_y07_a_runtime_that_is_not_installed_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("autocnn.network.onnx_model.find_spec", lambda name: None)
    limit = {"latency_ms": {"max": 1, "runtime": "onnx"}}
    store = open_store(f"sqlite:///{tmp_path}/a.db")
    says = r"constraints.latency_ms.runtime: 'onnx' needs .*pip install 'autocnn\[onnx\]' \[Y07\]"
    with pytest.raises(SpaceError, match=says):
        open_or_create(store, synthetic.space(constraints=limit), synthetic.digits(), new=False)
    assert not store.studies()
    with pytest.raises(SpaceError, match=says):  # a study that is continued
        intake(**limit)
    intake(latency_ms={"runtime": "onnx"})  # which nobody wants


def test_without_rungs_the_ladder_is_the_horizon() -> None:
    judge = Intake((1, 8, 8), 10, 1295, Costs(Constraints(), (), {}), Full(), seed=0)
    assert judge.judge(filled(), {}, History())[0].ladder == (9 * 1295,)
