"""One or several numbers for each image."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from autocnn.data.tasks.task import (
    NUMBER,
    TASKS,
    Cells,
    ColumnNames,
    Encoded,
    Fault,
    Scale,
    Task,
    names_for,
    table_of,
)
from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

BINS = 10
IN_A_BIN = 5
"""Images of a bin at the least."""
SHOWN = 400
"""Images whose values a report shows."""
LARGEST = 1e150
"""Size of a value: its square, and the sum of these over all images, must be finite."""


@TASKS.register("regression")
class Regression(Task):
    """Each image has one or several numbers, which the outputs estimate in their own units.

    In a table each is in a column of its own, which `columns` lists; arrays are `(N,)` or
    `(N, values)`, and `columns` names them. Networks learn values less their mean over the train
    part, divided by their standard deviation. Parts get equal shares of ten bins with as many
    images each, by the mean of these.
    """

    columns: ColumnNames = ()

    thing = ("value", "values")
    least = 1
    loss = "l2"
    metric = "rmse"
    maximize = False
    scaled = True
    usual_columns = ("value", "target", "y")

    @property
    def label_columns(self) -> tuple[str, ...]:
        return self.columns

    def from_text(self, parts: Mapping[str, Sequence[Cells]], columns: Sequence[str]) -> Encoded:
        import numpy as np

        faults, labels = [], {}
        for part, rows in parts.items():
            labels[part] = np.zeros((len(rows), len(columns)))
            for row, cells in enumerate(rows):
                for place, (name, cell) in enumerate(zip(columns, cells, strict=True)):
                    value = _number(cell)
                    if value is None:
                        rule = f"a number in the column {name!r}, at most {LARGEST:g} in size"
                        text = f"expected {rule}, got {cell!r}"
                        faults.append(Fault("D27", text, part, row))
                    else:
                        labels[part][row, place] = value
        return Encoded(tuple(columns), labels, tuple(faults))

    def from_arrays(self, parts: Mapping[str, tuple[Any, int]]) -> Encoded:
        import numpy as np

        tables, problems = {}, []
        for part, (values, count) in parts.items():
            tables[part] = table_of(values, count, f"{part} labels").astype(np.float64)
            bad = np.flatnonzero(~(np.abs(tables[part]) <= LARGEST).all(1))
            if len(bad):
                text = f"{len(bad)} rows have nan or more than {LARGEST:g}, the first is {bad[0]}"
                problems.append(Problem("D36", text, f"{part} labels"))
        if problems:
            raise DataError(*problems)
        return Encoded(names_for(self.columns, tables, parts, "value"), tables)

    def strata(
        self, labels: NDArray[Any], names: Sequence[str]
    ) -> tuple[NDArray[Any], tuple[str, ...]]:
        import numpy as np

        scale = self.scale(labels)
        mean = ((labels - scale.mean) / scale.std).mean(1)
        bins = max(1, min(BINS, len(labels) // IN_A_BIN))
        edges = np.unique(np.quantile(mean, np.arange(1, bins) / bins))
        _, found = np.unique(np.searchsorted(edges, mean, side="right"), return_inverse=True)
        values = [labels[found == number, 0] for number in range(found.max() + 1)]
        return found, tuple(f"{names[0]} {v.min():.4g} to {v.max():.4g}" for v in values)

    def counts(self, labels: NDArray[Any], outputs: int) -> NDArray[Any]:
        import numpy as np

        return np.full(outputs, len(labels), np.int64)

    def align(
        self, labels: NDArray[Any], names: Sequence[str], wanted: Sequence[str]
    ) -> NDArray[Any]:
        found: NDArray[Any] = labels[:, [list(names).index(name) for name in wanted]]
        return found

    def cells(self, label: Any, names: Sequence[str]) -> Cells:
        return tuple(f"{value:.17g}" for value in label)

    def headings(self, names: Sequence[str]) -> Cells:
        return tuple(names)

    def remarks(
        self, parts: Mapping[str, NDArray[Any]], names: Sequence[str], *, allow_empty: bool
    ) -> tuple[list[Problem], list[str]]:
        import numpy as np

        notes = []
        for place, name in enumerate(names):
            values = parts["train"][:, place]
            notes.append(
                f"{name} in training: from {values.min():.6g} to {values.max():.6g}, "
                f"mean {values.mean():.6g}, standard deviation {values.std():.6g}"
            )
            constant = [part for part, labels in parts.items() if np.ptp(labels[:, place]) == 0]
            if constant:
                shown = ", ".join(constant)
                notes.append(f"{name} is the same for all images of {shown}: its r2 is 0 there")
        return [], notes

    def scale(self, labels: NDArray[Any]) -> Scale:
        import numpy as np

        std = labels.std(0)
        std = np.where(std > 1e-9 * np.abs(labels).max(0), std, 1.0)  # rounding is no spread
        return Scale(tuple(labels.mean(0).tolist()), tuple(std.tolist()))

    def targets(self, labels: Tensor, scale: Scale) -> Tensor:
        return ((labels - labels.new_tensor(scale.mean)) / labels.new_tensor(scale.std)).float()

    def predictions(self, outputs: Tensor, scale: Scale) -> Tensor:
        exact = outputs.double()  # values far from zero have few digits left in float32
        return exact * exact.new_tensor(scale.std) + exact.new_tensor(scale.mean)

    def outputs(self, predictions: Tensor, scale: Scale) -> Tensor:
        return self.targets(predictions, scale)

    def mean_loss(self, outputs: Tensor, labels: Tensor, scale: Scale) -> float:
        return float((outputs.double() - self.targets(labels, scale)).square().mean())

    def findings(
        self, predictions: NDArray[Any], labels: NDArray[Any], names: Sequence[str]
    ) -> dict[str, Any]:
        import numpy as np

        rows = np.unique(np.linspace(0, len(labels) - 1, min(SHOWN, len(labels))).round())
        some = rows.astype(int)
        return {
            "values": [
                {
                    "value": name,
                    "true": labels[some, place].tolist(),
                    "predicted": predictions[some, place].tolist(),
                    "bias": float((predictions[:, place] - labels[:, place]).mean()),
                    "mae": float(np.abs(predictions[:, place] - labels[:, place]).mean()),
                    "rmse": float(np.sqrt(np.square(predictions - labels)[:, place].mean())),
                }
                for place, name in enumerate(names)
            ]
        }

    def summary(
        self, findings: Mapping[str, Any], names: Sequence[str]
    ) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        return ("value", "bias", "mae", "rmse"), [
            (row["value"], *(f"{row[key]:.6g}" for key in ("bias", "mae", "rmse")))
            for row in findings["values"]
        ]

    def answer(self, predictions: NDArray[Any], names: Sequence[str]) -> dict[str, Any]:
        return {"values": tuple(predictions.tolist())}


def _number(cell: str) -> float | None:
    if not re.fullmatch(NUMBER, cell):
        return None
    value = float(cell)
    return value if abs(value) <= LARGEST else None
