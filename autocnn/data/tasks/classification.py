"""One class for each image."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from autocnn.data.tasks.task import (
    DECIMAL,
    TASKS,
    VALUES,
    Cells,
    Encoded,
    Fault,
    Scale,
    Task,
    percent,
    share_of_fractions,
    without,
)
from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor


LEAST = 1e-12
"""No probability is lower, so that all of them have a logarithm."""
MOST_WHOLE = 2.0**63
"""Floating-point numbers of this size are no int64."""
MOST_FRACTIONS = 0.75
"""The share of fractions above which labels that are numbers are no classes."""


@TASKS.register("classification")
class Classification(Task):
    """Each image is of one of several classes; outputs become probabilities that add up to 1."""

    thing = ("class", "classes")
    least = 2
    loss = "cross_entropy"
    metric = "accuracy"

    def from_text(self, parts: Mapping[str, Sequence[Cells]], columns: Sequence[str]) -> Encoded:
        import numpy as np

        learned = {cells[0] for part in ("all", "train") for cells in parts.get(part, ())}
        numbers = {name: number for number, name in enumerate(sorted(learned))}
        faults = [
            Fault("D30", f"class {cells[0]!r} has no row of the train part", part, row)
            for part, rows in parts.items()
            for row, cells in enumerate(rows)
            if cells[0] not in numbers
        ]
        labels = {
            part: np.array([numbers.get(cells[0], 0) for cells in rows], np.int64)
            for part, rows in parts.items()
        }
        fractions = share_of_fractions(learned)
        if fractions > MOST_FRACTIONS:
            return Encoded(tuple(numbers), labels, (Fault("D36", VALUES),))
        notes = (VALUES,) if fractions else ()
        return Encoded(tuple(numbers), labels, (*_alike(learned), *faults), notes)

    def from_arrays(self, parts: Mapping[str, tuple[Any, int]]) -> Encoded:
        import numpy as np

        problems: list[Problem] = []
        read, labels = {}, {}
        for part, (values, count) in parts.items():
            try:
                read[part] = as_classes(values, count, f"{part} labels")
            except DataError as error:
                problems += error.problems
        if problems:
            raise DataError(*problems)
        classes = read["train" if "train" in read else "all"][1]
        for part, (indices, names) in read.items():
            unknown = [name for name in names if name not in classes]
            if unknown:
                text = "classes without a training image"
                problems.append(Problem("D30", text, f"{part}: {', '.join(unknown)}"))
            else:
                labels[part] = np.array([classes.index(n) for n in names], np.int64)[indices]
        if problems:
            raise DataError(*problems)
        return Encoded(classes, labels)

    def strata(
        self, labels: NDArray[Any], names: Sequence[str]
    ) -> tuple[NDArray[Any], tuple[str, ...]]:
        return labels, tuple(names)

    def counts(self, labels: NDArray[Any], outputs: int) -> NDArray[Any]:
        import numpy as np

        return np.bincount(labels, minlength=outputs)

    def align(
        self, labels: NDArray[Any], names: Sequence[str], wanted: Sequence[str]
    ) -> NDArray[Any]:
        import numpy as np

        found: NDArray[Any] = np.array([wanted.index(name) for name in names], np.int64)[labels]
        return found

    def cells(self, label: Any, names: Sequence[str]) -> Cells:
        return (names[int(label)],)

    def headings(self, names: Sequence[str]) -> Cells:
        return ("label",)

    def remarks(
        self, parts: Mapping[str, NDArray[Any]], names: Sequence[str], *, allow_empty: bool
    ) -> tuple[list[Problem], list[str]]:
        import numpy as np

        counts = {part: self.counts(labels, len(names)) for part, labels in parts.items()}
        train, problems, notes = counts["train"], [], []
        if len(names) < self.least:
            text = f"expected 2 classes or more, got {list(names)}"
            problems.append(Problem("D02", text))
        empty = without(names, train.tolist())
        if empty and not allow_empty:
            hint = "no training image of a class; data.allow_empty_classes: true allows it"
            problems.append(Problem("D03", hint, ", ".join(empty)))
        if problems:
            return problems, []
        if empty:
            notes.append(f"classes without a training image: {', '.join(empty)}")
        for part in ("validation", "test"):
            missing = without(names, counts[part].tolist()) if part in counts else []
            missing = [name for name in missing if name not in empty]
            if missing:
                notes.append(f"classes without a {part} image: {', '.join(missing)}")
        total = np.sum(list(counts.values()), axis=0)
        lone = [name for name, count in zip(names, total, strict=True) if count == 1]
        if lone:
            notes.append(f"classes of one image, which is for training: {', '.join(lone)}")
        seen = train[train > 0]
        if seen.max() >= 10 * seen.min():
            notes.append(
                f"imbalanced: from {seen.min()} to {seen.max()} images a class; "
                "training.oversample or class_weights of the loss make up for it"
            )
        return [], notes

    def predictions(self, outputs: Tensor, scale: Scale) -> Tensor:
        return outputs.softmax(1)

    def outputs(self, predictions: Tensor, scale: Scale) -> Tensor:
        return predictions.clamp_min(LEAST).log()

    def mean_loss(self, outputs: Tensor, labels: Tensor, scale: Scale) -> float:
        from torch.nn.functional import cross_entropy

        return float(cross_entropy(outputs.double(), labels))

    def findings(
        self, predictions: NDArray[Any], labels: NDArray[Any], names: Sequence[str]
    ) -> dict[str, Any]:
        return {
            "confusion": confusion(predictions, labels).tolist(),
            "calibration": calibration(predictions, labels),
            "mistakes": mistakes(predictions, labels),
        }

    def summary(
        self, findings: Mapping[str, Any], names: Sequence[str]
    ) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        import numpy as np

        counts = np.array(findings["confusion"])
        right, true, guessed = counts.diagonal(), counts.sum(1), counts.sum(0)
        return ("class", "images", "precision", "recall"), [
            (name, str(true[i]), percent(right[i], guessed[i]), percent(right[i], true[i]))
            for i, name in enumerate(names)
        ]

    def answer(self, predictions: NDArray[Any], names: Sequence[str]) -> dict[str, Any]:
        best = int(predictions.argmax())
        return {
            "label": names[best],
            "probability": float(predictions[best]),
            "probabilities": tuple(predictions.tolist()),
        }


def confusion(probabilities: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.int64]:
    """How many images of each class `(rows)` are taken for each `(columns)`."""
    import numpy as np

    classes = probabilities.shape[1]
    pairs = labels * classes + probabilities.argmax(1)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def calibration(
    probabilities: NDArray[Any], labels: NDArray[Any], bins: int = 15
) -> list[dict[str, Any]]:
    """Bins of images by the probability of the class they are taken for, the empty ones left out.

    Each has `images`, their mean `confidence` and `accuracy`, the share that is right
    (arXiv 1706.04599).
    """
    import numpy as np

    sure, right = probabilities.max(1), probabilities.argmax(1) == labels
    places = np.minimum((sure * bins).astype(int), bins - 1)
    return [
        {
            "images": int((places == place).sum()),
            "confidence": float(sure[places == place].mean()),
            "accuracy": float(right[places == place].mean()),
        }
        for place in np.unique(places)
    ]


def mistakes(
    probabilities: NDArray[Any], labels: NDArray[Any], most: int = 24
) -> list[dict[str, Any]]:
    """The mistakes that it was surest of: index, true and predicted class, probability."""
    import numpy as np

    guessed, sure = probabilities.argmax(1), probabilities.max(1)
    wrong = np.flatnonzero(guessed != labels)
    return [
        {
            "index": int(index),
            "true": int(labels[index]),
            "predicted": int(guessed[index]),
            "probability": float(sure[index]),
        }
        for index in wrong[np.argsort(-sure[wrong], kind="stable")][:most]
    ]


def as_classes(
    labels: Any, count: int, name: str = "y"
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Map any labels to `(0..C-1, class names)`: numbers in order of value, text by code point.

    Raises DataError for a wrong length or shape, missing values and fractions.
    """

    import numpy as np

    from autocnn.data.arrays import as_array

    def refuse(text: str) -> DataError:
        return DataError(Problem("D36", text, name))

    array = as_array(labels, "D36", name)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.shape != (count,):
        rows = array.ndim == 2 and len(array) == count
        hint = "; `data.task: multilabel` takes rows of 0 and 1" if rows else ""
        shape = f"{array.shape}{hint}"
        raise refuse(f"expected one label for each of {count} images, got the shape {shape}")
    if array.dtype.kind == "O":
        if not all(isinstance(value, (str, int, np.integer)) for value in array):
            raise refuse("labels must be numbers or text; some are missing")
        text = any(isinstance(value, str) for value in array)
        array = np.array([str(value) if text else int(value) for value in array])
    if array.dtype.kind == "f":
        if not np.all(np.isfinite(array)):
            raise refuse("some labels are missing (nan)")
        if not np.all((array == np.rint(array)) & (np.abs(array) < MOST_WHOLE)):
            raise refuse(VALUES)
        array = array.astype(np.int64)
    if array.dtype.kind not in "iubUS":
        raise refuse(f"expected numbers or text, got the type {array.dtype}")
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8", "backslashreplace")
    values, indices = np.unique(array, return_inverse=True)
    if array.dtype.kind == "U" and share_of_fractions(values.tolist()) > MOST_FRACTIONS:
        raise refuse(VALUES)
    return indices.astype(np.int64), tuple(str(value) for value in values)


def _alike(labels: set[str]) -> list[Fault]:
    """Labels that are one number written in two ways."""
    seen: dict[Decimal, str] = {}
    faults = []
    for label in sorted(labels):
        if not re.fullmatch(DECIMAL, label):
            continue
        value = Decimal(label)
        if seen.setdefault(value, label) != label:
            text = f"labels {seen[value]!r} and {label!r} are the same number"
            faults.append(Fault("D27", text))
    return faults
