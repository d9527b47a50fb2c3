"""Labels of every task: read from tables, archives and arrays, split, refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from real_labels import LABELS, images

from autocnn.api import load_space
from autocnn.data import DataOptions, audit, from_arrays, open_data
from autocnn.data.tasks import TASKS
from autocnn.errors import DataError, SpaceError

X, DIGITS = images()


def options(task: Any, **changes: Any) -> DataOptions:
    return DataOptions.model_validate({"task": task, **changes})


@pytest.fixture
def table(tmp_path: Path) -> Any:
    """Write a table of so many rows, with the image of each row beside it."""

    def write(header: str, rows: list[str]) -> Path:
        for number in range(len(rows)):
            Image.fromarray(X[number]).save(tmp_path / f"{number}.png")
        lines = [f"path,{header}", *(f"{number}.png,{row}" for number, row in enumerate(rows))]
        (tmp_path / "table.csv").write_text("\n".join(lines), encoding="utf-8")
        return tmp_path / "table.csv"

    return write


READ: list[tuple[Any, str, list[str], tuple[str, ...], list[list[float]]]] = [
    ("multilabel", "labels", ["cat|dog", "", "dog"], ("cat", "dog"), [[1, 1], [0, 0], [0, 1]]),
    ({"multilabel": {"separator": " "}}, "tags", ["b a", "a", "b"], ("a", "b"),
     [[1, 1], [1, 0], [0, 1]]),
    ({"multilabel": {"columns": ["cat", "dog"]}}, "dog,cat", ["1,0", "0,0", "0.0,1"],
     ("cat", "dog"), [[0, 1], [0, 0], [1, 0]]),
    ("regression", "value", ["1.5", "-2", "1e3"], ("value",), [[1.5], [-2], [1000]]),
    ({"regression": {"columns": ["Age", "kg"]}}, "kg,age", ["50,7", "60,8", "70,9"],
     ("Age", "kg"), [[7, 50], [8, 60], [9, 70]]),
]  # fmt: skip


@pytest.mark.parametrize(("task", "header", "rows", "names", "expected"), READ)
def test_a_table_is_read_as_its_task_says(
    task, header, rows, names, expected, table, tmp_path
) -> None:
    source = f"csv:{table(header, rows * 10)}"
    chosen = options(task, source=source, duplicates="keep", test=0.0)
    dataset = open_data(chosen, cache=tmp_path / "cache")
    assert dataset.classes == names
    part = dataset.train + dataset.validation
    numbers = [int(Path(name).stem) for name in dataset.names(part)]
    assert [expected[number % 3] for number in numbers] == part.labels.tolist()
    found = audit(chosen, cache=tmp_path / "cache", clean=tmp_path / "clean.csv")
    assert not found.problems
    if task != "regression" or header == "value":
        again = open_data(
            chosen.model_copy(update={"source": f"csv:{tmp_path / 'clean.csv'}"}),
            cache=tmp_path / "cache",
        )
        assert (again.classes, len(again.train)) == (names, len(dataset.train))


BAD: list[tuple[Any, str, list[str], str]] = [
    ("regression", "value", ["1", "nan", "2"], ":3: the label is missing [D27]"),
    ("regression", "value", ["1", "inf", "2"], ":3: expected a number in the column 'value', at"),
    ("regression", "value", ["1", "2", "-1e300"], ":4: expected a number in the column 'value'"),
    ("regression", "value", ["1", "2", "1,5"], ":4: expected 2 cells"),
    ("regression", "value", ["1", "old", "2"], ":3: expected a number"),
    ({"regression": {"columns": ["age"]}}, "value", ["1", "2"], ":1: expected a column 'age'"),
    ("multilabel", "labels", ["a|b", "a||b"], ":3: an empty label"),
    ("multilabel", "labels", [""] * 20, "no image has a label"),
    ({"multilabel": {"columns": ["a", "b"]}}, "a,b", ["0,1", "1,2"], ":3: expected 0 or 1"),
]


@pytest.mark.parametrize(("task", "header", "rows", "message"), BAD)
def test_d27_bad_labels_of_a_table_are_named_by_their_line(
    task, header, rows, message, table, tmp_path
) -> None:
    with pytest.raises(DataError) as error:
        open_data(options(task, source=f"csv:{table(header, rows)}"), cache=tmp_path / "cache")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("task", "labels", "message"),
    [
        ("multilabel", np.full((len(X), 2), 2), "expected 0 and 1 only"),
        ("multilabel", np.zeros((len(X), 2)), "no training image has a label"),
        ("multilabel", np.ones((7, 2)), "expected a row for each of"),
        ("regression", np.where(DIGITS == 3, np.nan, 1.0), "rows have nan or more than"),
        ("regression", np.where(DIGITS == 3, -1e300, 1.0), "more than 1e.150, the first is 3"),
        ("regression", DIGITS.astype(str), "expected numbers"),
    ],
)
def test_d36_bad_arrays_of_labels_are_refused(task, labels, message, tmp_path) -> None:
    with pytest.raises(DataError, match=message):
        from_arrays(X, labels, options=options(task), cache=tmp_path)


@pytest.mark.parametrize(
    ("cells", "told"),
    [(["a b", "a", "b"], "' '"), (["a;b", "a", "b"], "';'"), (["a|b", "a", "b c"], None)],
)
def test_labels_with_another_separator_are_remarked_on(cells: list[str], told: str | None) -> None:
    rows = [(cell,) for cell in cells]
    notes = TASKS["multilabel"]().from_text({"all": rows}, ["labels"]).notes
    assert [f"{{separator: {told}}}" in note for note in notes] == ([True] if told else [])


def test_d36_folders_and_published_data_have_classes_only(tmp_path) -> None:
    with pytest.raises(DataError, match="digits has classes; regression takes labels from csv"):
        open_data(options("regression", source="digits"), cache=tmp_path)


@pytest.mark.parametrize("task", LABELS)
def test_parts_have_equal_shares_of_each_stratum(task: str, tmp_path: Path) -> None:
    chosen = options(task, test=0.2, validation=0.25)
    dataset = from_arrays(X, LABELS[task](DIGITS), options=chosen, cache=tmp_path)
    assert [len(part) for part in dataset.parts.values()] == pytest.approx([539, 180, 180], abs=6)
    means = [part.labels.double().mean(0) for part in dataset.parts.values()]
    spread = dataset.train.labels.double().std(0)
    for mean in means:
        assert ((mean - means[0]).abs() < 0.15 * spread).all()
    again = from_arrays(X, LABELS[task](DIGITS), options=chosen, cache=tmp_path)
    assert again.fingerprint == dataset.fingerprint
    other = from_arrays(X, LABELS[task](DIGITS)[::-1], options=chosen, cache=tmp_path)
    assert other.fingerprint != dataset.fingerprint


def test_t13_labels_without_images_and_constant_values_are_told(tmp_path: Path) -> None:
    some = np.stack([DIGITS == 0, DIGITS < 10], 1)
    chosen = options("multilabel", allow_empty_classes=True)
    dataset = from_arrays(
        X[:50], some[:50], x_validation=X[51:59], y_validation=some[51:59] * [0, 1],
        options=chosen, cache=tmp_path,
    )  # fmt: skip
    assert "labels without a validation image, left out of metrics there: label_0" in dataset.notes
    assert "labels that every train image has: label_1" in dataset.notes
    dataset = from_arrays(X, DIGITS * 0.0, options=options("regression"), cache=tmp_path)
    assert any("is the same for all images of train" in note for note in dataset.notes)
    assert dataset.scale.std == (1.0,)


def test_y34_losses_metrics_and_options_of_another_task_are_refused_where_they_stand() -> None:
    text = """
data: {{task: {task}}}
architecture: [flatten, {{linear: {{units: =classes, activation: none}}}}]
training: {training}
objectives: {objectives}
"""
    for task, training, objectives, place, message in (
        ("regression", "{loss: {choice: [l1, cross_entropy]}}", "{}", "4:32 training.loss",
         "loss 'cross_entropy' is for classification; for regression there are huber, l1"),
        ("classification", "{loss: huber}", "{}", "4:18 training.loss",
         "loss 'huber' is for regression; for classification there are cross_entropy, focal"),
        ("multilabel", "{}", "{val_rmse: minimize}", "5:13 objectives",
         "metric 'rmse' is for regression"),
        ("multilabel", "{oversample: 0.5}", "{}", "4:11 training", "`oversample` is by classes"),
        ("{multilabel: {columns: [a, a]}}", "{}", "{}", "2:", "must be different names"),
    ):  # fmt: skip
        with pytest.raises(SpaceError) as error:
            load_space(text.format(task=task, training=training, objectives=objectives))
        assert message in str(error.value)
        assert place in str(error.value)


def test_every_task_names_a_loss_and_a_metric_of_its_own() -> None:
    from autocnn.training import LOSSES, METRICS

    for word, task in TASKS.items():
        assert LOSSES[task.loss].serves(word)
        assert METRICS[task.metric].serves(word)
        assert METRICS[task.metric].maximize == task.maximize
        space = load_space({"data": {"task": word}, "architecture": []})
        assert space.sections["objectives"].metric == f"val_{task.metric}"  # type: ignore[attr-defined]
        assert space.sections["objectives"].direction == (  # type: ignore[attr-defined]
            "maximize" if task.maximize else "minimize"
        )
