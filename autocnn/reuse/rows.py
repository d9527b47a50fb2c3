"""Predictions as CSV and JSON that no reader can be tricked by."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from autocnn.reuse.predict import Prediction

COLUMNS = ("file", "class", "probability", "error")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_lines(predictions: Iterable[Prediction]) -> Iterator[str]:
    """CSV lines with a heading; text that a spreadsheet would run as a formula gets a quote."""
    yield _line(COLUMNS)
    for row in predictions:
        probability = "" if row.probability is None else f"{row.probability:.6f}"
        yield _line((inert(row.file), inert(row.label or ""), probability, inert(row.error)))


def json_row(prediction: Prediction, classes: Sequence[str]) -> dict[str, Any]:
    """One prediction as a JSON object, with the probability of every class."""
    row: dict[str, Any] = {
        "file": prediction.file,
        "class": prediction.label,
        "probability": prediction.probability,
        "error": prediction.error or None,
        "note": prediction.note or None,
    }
    if prediction.probabilities is not None:
        row["probabilities"] = dict(zip(classes, prediction.probabilities, strict=True))
    return row


def inert(text: str) -> str:
    """Text that a spreadsheet shows and does not evaluate (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
