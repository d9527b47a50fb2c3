"""Whole searches of every task: trials, finals, bundle, report, prediction, source, estimator."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from real_labels import LABELS, images, space

import autocnn
from autocnn.api import SearchResult, load_space, open_study, run_search
from autocnn.cli import main
from autocnn.data import DataOptions, from_arrays
from autocnn.errors import SpaceError
from autocnn.reuse import load_bundle, onnx_file
from autocnn.reuse.finetune import finetuning, like_start
from autocnn.reuse.source import copy_weights, source
from autocnn.reuse.start import start_of_bundle
from autocnn.training import METRICS

X, DIGITS = images()
NAMES = {"multilabel": ("loop", "even", "large"), "regression": ("price",)}


def options(task: str) -> DataOptions:
    return DataOptions.model_validate({"task": {task: {"columns": NAMES[task]}}, "test": 0.2})


@pytest.fixture(scope="module", params=LABELS)
def searched(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A task, the folder of its store and what the search gave."""
    task, folder = request.param, tmp_path_factory.mktemp("store")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOCNN_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("AUTOCNN_STORE", f"sqlite:///{folder}/a.db")
        dataset = from_arrays(X, LABELS[task](DIGITS), options=options(task))
        yield task, folder, run_search(space(task), dataset=dataset)


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_the_metric_of_the_task_chooses_and_is_reported(searched, capsys) -> None:
    task, folder, result = searched
    assert isinstance(result, SearchResult)
    store, study = open_study(task, f"sqlite:///{folder}/a.db")
    metric = {"multilabel": "average_precision", "regression": "rmse"}[task]
    own = [point.metrics[f"val_{metric}"] for point in store.progress(study.id)]
    best = max if METRICS[metric].maximize else min
    assert store.trials(study.id)[0].best_value == best(own)
    assert result.test is not None
    assert (result.test.metric, result.test.interval) == (metric, "bootstrap")
    assert result.test.low < result.test.value < result.test.high
    assert result.test.value > 0.9 if task == "multilabel" else result.test.value < 20
    assert run("best", task) == 0
    shown = capsys.readouterr().out
    assert f"test       {metric.replace('_', ' ')} " in shown
    assert f"95 % Bootstrap interval over {result.test.images} images" in shown


def test_the_report_shows_what_belongs_to_the_task(searched) -> None:
    task, _, result = searched
    page = result.report.read_text(encoding="utf-8")
    assert "Confusion matrix" not in page
    if task == "multilabel":
        assert "<h2>Labels</h2>" in page
        assert all(f"<tr><td>{name}</td>" in page for name in NAMES[task])
        assert "3 labels" in page
    else:
        assert "<h2>Values</h2>" in page
        assert 'id="value-0"' in page
        assert 'id="residual-0"' in page
        assert "1 value" in page
    assert f"95 % bootstrap interval over {result.test.images} images" in page


def test_the_bundle_predicts_and_is_measured_on_a_table(searched, tmp_path, capsys) -> None:
    task, _, result = searched
    rows = ["path," + ",".join(NAMES[task])]
    for number in range(40):
        Image.fromarray(X[number]).save(tmp_path / f"{number}.png")
        label = np.atleast_1d(LABELS[task](DIGITS[number : number + 1])[0])
        rows.append(f"{number}.png," + ",".join(f"{value:g}" for value in label))
    (tmp_path / "table.csv").write_text("\n".join(rows), encoding="utf-8")
    assert run("predict", result.bundle, tmp_path / "3.png", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    given = row["probabilities" if task == "multilabel" else "values"]
    assert tuple(given) == NAMES[task]
    assert run("predict", result.bundle, tmp_path / "3.png", "--csv") == 0
    heads, cells = capsys.readouterr().out.splitlines()[:2]
    first = ("labels",) if task == "multilabel" else ()
    assert heads == ",".join(("file", *first, *NAMES[task], "error"))
    assert float(cells.split(",")[-2]) == pytest.approx(list(given.values())[-1], rel=1e-4)
    if task == "multilabel":
        assert row["labels"] == [name for name, p in given.items() if p >= 0.5]
    assert run("predict", result.bundle, tmp_path / "3.png") == 0
    assert NAMES[task][-1] in capsys.readouterr().out
    assert run("evaluate", result.bundle, f"csv:{tmp_path / 'table.csv'}", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["images"] == 40
    assert found["low"] <= found[load_bundle(result.bundle).document.task.metric] <= found["high"]


def test_the_source_of_the_bundle_gives_the_same(searched, tmp_path) -> None:
    task, _, result = searched
    bundle = load_bundle(result.bundle)
    copy_weights(bundle, tmp_path / "net.safetensors")
    names: dict[str, Any] = {"__file__": str(tmp_path / "net.py"), "__name__": "net"}
    exec(compile(source(bundle), "net.py", "exec"), names)
    pixels = X[:20, :, :, None]
    outputs = names["load"]()(names["prepare"](torch.from_numpy(pixels)))
    read = names.get("scaled", torch.sigmoid)
    np.testing.assert_allclose(read(outputs).detach(), bundle.predictions(pixels), rtol=1e-4)
    card = (result.bundle / "README.md").read_text(encoding="utf-8")
    assert f"A network for {task} with " in card


def test_the_winner_is_trained_again_from_its_yaml(searched, tmp_path, capsys) -> None:
    task, _, result = searched
    np.savez(tmp_path / "a.npz", x=X[:100], y=LABELS[task](DIGITS[:100]))
    candidate = result.bundle / "architecture.yaml"
    assert f"task: {task}" in candidate.read_text(encoding="utf-8")
    data = ("--data", f"npz:{tmp_path / 'a.npz'}", "-o", tmp_path / "out", "--quiet")
    assert run("train", candidate, *data) == 0
    assert load_bundle(tmp_path / "out").document.task.word == task
    assert re.search(r"validation (average precision|rmse) ", capsys.readouterr().out)


def test_fine_tuning_keeps_columns_and_the_scale_of_values(searched) -> None:
    task, _, result = searched
    begin = start_of_bundle(result.bundle)
    assert finetuning(begin)["data"]["task"][task]["columns"] == list(NAMES[task])
    other = from_arrays(X[:100], 1 + 2 * np.arange(100.0), options=options("regression"))
    kept = like_start(begin, other)
    assert (kept.scale == begin.scale) == (task == "regression")
    for unit in (1e-6, 1e6):
        elsewhere = from_arrays(X[:100], unit * np.arange(100.0), options=options("regression"))
        assert like_start(begin, elsewhere).scale == elsewhere.scale


def test_y30_data_of_another_task_are_refused(tmp_path) -> None:
    dataset = from_arrays(X, DIGITS, cache=tmp_path)
    with pytest.raises(SpaceError, match="the space is for regression, the data for classific"):
        run_search(
            load_space(space("regression")), store=f"sqlite:///{tmp_path}/a.db", dataset=dataset
        )


@pytest.mark.parametrize("task", LABELS)
def test_estimators_behave_as_scikit_learns(task: str, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("AUTOCNN_CACHE", str(tmp_path))
    y = LABELS[task](DIGITS)
    kind = autocnn.ImageRegressor if task == "regression" else autocnn.ImageClassifier
    model = kind({**space(task), "data": {}}, time=None, trials=1).fit(X[:600] / 255, y[:600])
    found = model.predict(X[600:] / 255)
    assert found.shape == y[600:].shape
    assert model.score(X[600:] / 255, y[600:]) > 0.2
    assert found.dtype == (np.float64 if task == "regression" else np.int64)


def test_onnx_predicts_as_the_bundle(searched, tmp_path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    task, _, result = searched
    path = tmp_path / "network.onnx"
    assert run("export", result.bundle, "--format", "onnx", "-o", path) == 0
    session, bundle = onnxruntime.InferenceSession(path), load_bundle(result.bundle)
    for count in (1, 3):
        pixels = X[:count, ..., None]
        (found,) = session.run(None, {"pixels": pixels})
        np.testing.assert_allclose(found, bundle.predictions(pixels), rtol=1e-6, atol=1e-6)
    (output,) = session.get_outputs()
    assert output.name == ("values" if task == "regression" else "probabilities")


def test_onnx_values_are_held_against_their_deviation(
    searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    bundle = load_bundle(searched[2].bundle)
    if not bundle.scale.std:
        pytest.skip("has no scale")
    document = bundle.document.model_copy(update={"scale": ((5.0,), (1e-3,))})
    narrow = replace(bundle, document=document)
    assert onnx_file.onnx_file(narrow).difference < 1e-5
    monkeypatch.setattr(
        onnx_file, "run_onnx", lambda model, pixels: narrow.predictions(pixels) + 1e-6
    )
    with pytest.raises(SpaceError, match=r"it differs by 0\.001"):
        onnx_file.onnx_file(narrow)
