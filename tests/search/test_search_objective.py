"""Searches for other metrics than accuracy: what is kept, recorded and exported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sklearn.datasets import load_digits
from small_space import SPACE, space

from autocnn.api import load_space, open_study, run_search, to_optuna
from autocnn.cli.front import show_front
from autocnn.cli.studies import trials
from autocnn.cli.terminal import Terminal
from autocnn.data import from_arrays
from autocnn.errors import SpaceError
from autocnn.reuse import load_bundle
from autocnn.search.front import front, placed
from autocnn.space import Space
from autocnn.training import METRICS
from autocnn.training.checkpoint import read_checkpoint

MANY = {**SPACE["training"], "epochs": 3, "optimizer": {"sgd": {"lr": {"float": [0.5, 2.0]}}}}


def wanted(metric: str, **changes: object) -> Space:
    direction = "maximize" if METRICS[metric].maximize else "minimize"
    objectives = {f"val_{metric}": direction}
    return load_space(space(objectives=objectives, budget={"trials": 2}, **changes))


@pytest.mark.parametrize("metric", ["loss", "f1_macro"])
def test_the_objective_reaches_the_trials_the_finals_and_the_bundle(
    metric: str, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/a.db"
    result = run_search(wanted(metric, training=MANY), store=store)
    opened, study = open_study("small", store)
    best = min if not METRICS[metric].maximize else max
    trials = opened.trials(study.id)
    for trial in trials:
        own = (point for point in opened.progress(study.id) if point.trial == trial.number)
        values = {point.images: point.metrics[f"val_{metric}"] for point in own}
        assert trial.best_value == best(values.values())
        if trial.checkpoint is not None:
            document = read_checkpoint(opened.folder / trial.checkpoint.path)
            assert values[document["best"]["images"]] == trial.best_value
    assert result.bundle is not None
    rows = {(m.split, m.metric): m.value for m in load_bundle(result.bundle).document.metrics}
    assert {split for split, name in rows if name == metric} == {"validation", "test"}
    assert result.report is not None
    assert f"Test {metric.replace('_', ' ')}" in result.report.read_text(encoding="utf-8")
    assert result.validation is not None
    assert rows["validation", metric] == result.validation.details["objective"]["value"]
    values = [trial.value for trial in to_optuna("small", store).get_trials(deepcopy=False)]
    assert best(value for value in values if value is not None) == best(
        trial.best_value for trial in trials if trial.best_value is not None
    )


def test_several_objectives_end_in_the_knee_of_a_front(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    store, objectives = f"sqlite:///{tmp_path}/a.db", {"val_accuracy": "maximize"}
    objectives |= {"params": "minimize", "latency_ms": "minimize"}
    by_onnx = {"latency_ms": {"runtime": "onnx", "batch": 64}}
    wanted = space(objectives=objectives, constraints=by_onnx, budget={"trials": 4})
    result = run_search(wanted, store=store, report=False)
    opened, study = open_study("small", store)
    every, best = placed(opened, study), front(opened, study)
    scores = {entry.trial: entry.scores for entry in every}
    worse = [n for n in scores if all(entry.trial != n for entry in best)]
    assert len(every) == 4
    for number in worse:
        assert any(
            all(a >= b for a, b in zip(entry.scores, scores[number], strict=True))
            for entry in best
        )
    assert result.outcome is not None
    assert result.bundle is not None
    assert [row.trial for row in opened.decisions(study.id) if row.action == "promote"]
    show_front(Terminal(json=False, quiet=False, verbose=False), opened, study)
    assert f"trial {best[0].trial} is the knee" in capsys.readouterr().out
    trials("small", store=store, json=True)
    listed = {row["number"]: row["latency_ms"] for row in json.loads(capsys.readouterr().out)}
    assert listed == {entry.trial: entry.values["latency_ms"] for entry in every}
    frozen = to_optuna("small", store).get_trials(deepcopy=False)
    assert frozen[best[0].trial].values == list(best[0].values.values())


def test_y34_an_objective_that_cannot_tell_trials_apart_is_refused(tmp_path: Path) -> None:
    x, y = load_digits(return_X_y=True)
    dataset = from_arrays(x[y < 5].reshape(-1, 8, 8).astype("uint8") * 15, y[y < 5])
    with pytest.raises(SpaceError, match="top5_accuracy is always 1 with 5 classes"):
        run_search(wanted("top5_accuracy"), store=f"sqlite:///{tmp_path}/a.db", dataset=dataset)


def test_a_winner_that_watched_validation_is_not_refitted(tmp_path: Path) -> None:
    training = {**SPACE["training"], "schedule": {"plateau": {"patience": 0.5}}}
    store = f"sqlite:///{tmp_path}/a.db"
    result = run_search(space(training=training, budget={"trials": 1}), store=store, report=False)
    assert result.outcome is not None
    assert not result.outcome.refitted
