"""What a task is, and the known ones."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import AfterValidator, Field

from autocnn.errors import DataError, Problem
from autocnn.registry import Listed, Options, Registry

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

DECIMAL = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)"
"""A regular expression for numbers as tables write them."""
NUMBER = rf"{DECIMAL}(?:[eE][+-]?[0-9]+)?"
"""The same, with an exponent or without."""
VALUES = "labels look like numbers, not classes; for a regression write data: {task: regression}"

Cells = tuple[str, ...]
"""What a row of a table says in its columns of labels."""


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError("`columns` must be different names")
    return names


ColumnNames = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=200)], ...],
    Listed,
    AfterValidator(_distinct),
]


class Scale(NamedTuple):
    """Mean and standard deviation of each value over the train part, if labels are values."""

    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


class Fault(NamedTuple):
    """What is wrong with labels: a rule, and the row of a part where it is in one of them."""

    rule: str
    text: str
    part: str = ""
    row: int = -1


@dataclass(frozen=True, eq=False)
class Encoded:
    """Labels of each part as numbers, the names of the outputs, remarks and faults."""

    names: tuple[str, ...]
    labels: Mapping[str, NDArray[Any]]
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()


class Task(Options, ABC):
    """What the label of an image is, and what becomes of a network's outputs `(N, outputs)`."""

    thing: ClassVar[tuple[str, str]]
    """What one output stands for, and several."""

    least: ClassVar[int]
    """Outputs at the least."""

    loss: ClassVar[str]
    """The loss of a recipe that names none."""

    metric: ClassVar[str]
    """What results are told by, and the objective of a search that names none."""

    maximize: ClassVar[bool] = True
    """Whether more of that metric is better."""

    scaled: ClassVar[bool] = False
    """Whether networks learn labels less their mean, over their standard deviation."""

    usual_columns: ClassVar[tuple[str, ...]] = ()
    """Names of the column of labels in a table, beside those that serve any task."""

    @property
    def label_columns(self) -> tuple[str, ...]:
        """The columns of a table that make the label; without any it is in one of a usual name."""
        return ()

    @property
    def may_be_empty(self) -> bool:
        """Whether an empty cell is a label, too."""
        return False

    # Labels

    @abstractmethod
    def from_text(self, parts: Mapping[str, Sequence[Cells]], columns: Sequence[str]) -> Encoded:
        """Read the rows of a table, by part; the train part, or all, decides what there is."""

    @abstractmethod
    def from_arrays(self, parts: Mapping[str, tuple[Any, int]]) -> Encoded:
        """Read arrays of labels for so many images, by part; raises DataError."""

    @abstractmethod
    def strata(
        self, labels: NDArray[Any], names: Sequence[str]
    ) -> tuple[NDArray[Any], tuple[str, ...]]:
        """What parts should have in equal shares: a number for each image, and their names."""

    @abstractmethod
    def counts(self, labels: NDArray[Any], outputs: int) -> NDArray[Any]:
        """How many images each output has something to learn from, int64 `(outputs,)`."""

    @abstractmethod
    def align(
        self, labels: NDArray[Any], names: Sequence[str], wanted: Sequence[str]
    ) -> NDArray[Any]:
        """Labels of outputs with these names as those of `wanted`, which has all of them."""

    @abstractmethod
    def cells(self, label: Any, names: Sequence[str]) -> Cells:
        """A label as a table writes it."""

    @abstractmethod
    def headings(self, names: Sequence[str]) -> Cells:
        """The columns of a table that holds labels."""

    @abstractmethod
    def remarks(
        self, parts: Mapping[str, NDArray[Any]], names: Sequence[str], *, allow_empty: bool
    ) -> tuple[list[Problem], list[str]]:
        """What keeps the labels of the parts from being learned, and what else to know of them."""

    def scale(self, labels: NDArray[Any]) -> Scale:
        """The scale of the labels of the train part."""
        return Scale()

    # Outputs

    def targets(self, labels: Tensor, scale: Scale) -> Tensor:
        """What a loss compares outputs with."""
        return labels

    @abstractmethod
    def predictions(self, outputs: Tensor, scale: Scale) -> Tensor:
        """Probabilities, or values in the units of the labels, `(N, outputs)`."""

    @abstractmethod
    def outputs(self, predictions: Tensor, scale: Scale) -> Tensor:
        """Outputs of which `predictions` makes these again."""

    @abstractmethod
    def mean_loss(self, outputs: Tensor, labels: Tensor, scale: Scale) -> float:
        """How far outputs are from labels, whatever the recipe's loss."""

    @abstractmethod
    def findings(
        self, predictions: NDArray[Any], labels: NDArray[Any], names: Sequence[str]
    ) -> dict[str, Any]:
        """What a report shows of a part, in JSON values."""

    @abstractmethod
    def summary(
        self, findings: Mapping[str, Any], names: Sequence[str]
    ) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
        """The findings as headings and a row of text for each output."""

    @abstractmethod
    def answer(self, predictions: NDArray[Any], names: Sequence[str]) -> dict[str, Any]:
        """What is said of one image, from its predictions `(outputs,)`."""


TASKS: Registry[Task] = Registry("task")


def without(names: Sequence[str], counts: Sequence[int]) -> list[str]:
    """The names whose count is 0."""
    return [name for name, count in zip(names, counts, strict=True) if not count]


def percent(hits: int, of: int) -> str:
    """A share in percent, or a dash where it is undefined."""
    return f"{100 * hits / of:.1f} %" if of else "-"


def share_of_fractions(labels: Collection[str]) -> float:
    """The share of fractions (`0.37`, not `1.0`) if all labels are numbers, else 0."""
    if not labels or not all(re.fullmatch(NUMBER, label) for label in labels):
        return 0.0
    return sum(float(label) % 1 > 0 for label in labels) / len(labels)


def table_of(values: Any, count: int, name: str) -> NDArray[Any]:
    """Numbers `(N,)` or `(N, outputs)` as `(N, outputs)`; raises DataError."""
    import numpy as np

    from autocnn.data.arrays import as_array

    array = as_array(values, "D36", name)
    given = array.shape
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or len(array) != count or not array.shape[1]:
        text = f"expected a row for each of {count} images, got the shape {given}"
        raise DataError(Problem("D36", text, name))
    if array.dtype.kind == "O":
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(Problem("D36", "labels must be numbers", name)) from error
    if array.dtype.kind not in "iubf":
        raise DataError(Problem("D36", f"expected numbers, got the type {array.dtype}", name))
    return array


def names_for(
    given: tuple[str, ...],
    tables: Mapping[str, NDArray[Any]],
    parts: Mapping[str, tuple[Any, int]],
    thing: str,
) -> tuple[str, ...]:
    """Names of the columns of arrays: as given, as a frame has them, or numbered.

    Raises DataError where parts have different numbers of columns or names are not as many.
    """
    first = "train" if "train" in tables else "all"
    count = tables[first].shape[1]
    problems = [
        Problem("D36", f"{table.shape[1]} columns, training has {count}", f"{part} labels")
        for part, table in tables.items()
        if table.shape[1] != count
    ]
    if given and len(given) != count:
        text = f"{len(given)} names for {count} columns of labels"
        problems.append(Problem("D36", text, "data.task.columns"))
    if problems:
        raise DataError(*problems)
    named = [str(name) for name in getattr(parts[first][0], "columns", ())]
    numbered = [thing] if count == 1 else [f"{thing}_{number}" for number in range(count)]
    return given or tuple(named or numbered)
