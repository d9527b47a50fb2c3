"""Predictions as CSV and JSON that no reader can be tricked by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from autocnn.csv_text import csv_line, inert
from autocnn.data.tasks import Classification, Multilabel, Task
from autocnn.reuse.predict import Prediction


def columns(task: Task, names: Sequence[str]) -> tuple[str, ...]:
    """The headings of what is said of an image: its class, its labels, or its values."""
    if isinstance(task, Classification):
        return ("class", "probability")
    return (*(() if task.scaled else ("labels",)), *names)


def answers(row: Prediction) -> tuple[str | float, ...]:
    """The cells under these headings; none for an image that could not be read."""
    if row.error:
        return ()
    if row.probability is not None:
        return (row.label or "", row.probability)
    labels = () if row.values is not None else (row.label or "",)
    return (*labels, *(row.values or row.probabilities or ()))


def csv_lines(
    predictions: Iterable[Prediction], names: Sequence[str], task: Task
) -> Iterator[str]:
    """CSV lines with a heading; text that a spreadsheet would run as a formula gets a quote."""
    heads = columns(task, names)
    yield csv_line(("file", *map(inert, heads), "error"))
    form = ".15g" if task.scaled else ".6f"
    for row in predictions:
        found = answers(row) or ("",) * len(heads)
        cells = [inert(cell) if isinstance(cell, str) else format(cell, form) for cell in found]
        yield csv_line((inert(row.file), *cells, inert(row.error)))


def json_row(row: Prediction, names: Sequence[str], task: Task) -> dict[str, Any]:
    """One prediction as a JSON object, with the probability of every class or label, or values."""
    found: dict[str, Any] = {"file": row.file}
    if isinstance(task, Classification):
        found |= {"class": row.label, "probability": row.probability}
    if isinstance(task, Multilabel):
        found["labels"] = (
            None if row.probabilities is None else task.found(row.probabilities, names)
        )
    for name in ("probabilities", "values"):
        numbers = getattr(row, name)
        if numbers is not None:
            found[name] = dict(zip(names, numbers, strict=True))
    return found | {"error": row.error or None, "note": row.note or None}
