"""Several labels, or numbers, in the columns of a table of encoded images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.data.sources.table import COLUMNS
from autocnn.data.tasks import Task
from autocnn.data.tasks.task import Cells
from autocnn.errors import DataError, Problem

if TYPE_CHECKING:
    import pyarrow as pa

LABELS = (*COLUMNS["label"], "labels", "fine_label")


def label_columns(schema: pa.Schema, task: Task, file: Path) -> tuple[str, ...]:
    """The columns that make the label of a task; raises DataError."""
    usual = (*task.usual_columns, *LABELS)
    wanted = task.label_columns or tuple(n for n in usual if n in schema.names)[:1] or usual[:1]
    shown = ", ".join(schema.names) or "nothing"
    problems = [
        Problem("D27", f"expected a column {name!r}, found {shown}", str(file))
        for name in wanted
        if name not in schema.names
    ]
    problems += [
        Problem(
            "D27", f"labels of the type {schema.field(name).type}", f"column {name}", str(file)
        )
        for name in wanted
        if name in schema.names and not _is_label(schema.field(name).type, task)
    ]
    if problems:
        raise DataError(*problems)
    return wanted


def _is_label(kind: Any, task: Task) -> bool:
    """Whether a column of this type can hold labels: lists only where there may be several."""
    from pyarrow import types

    if not task.label_columns and hasattr(task, "separator") and types.is_list(kind):
        kind = kind.value_type
    text = types.is_string(kind) or types.is_large_string(kind)
    return text or any(of(kind) for of in (types.is_integer, types.is_floating, types.is_boolean))


def rows_of(
    columns: Sequence[Iterable[Any]], task: Task, names: Sequence[str] | None
) -> list[Cells]:
    """Values column by column as rows of text; `names` are those of whole numbers."""
    between = getattr(task, "separator", "")
    return [
        tuple(_text(value, between, names) for value in row) for row in zip(*columns, strict=True)
    ]


def _text(value: Any, between: str, names: Sequence[str] | None) -> str:
    if isinstance(value, list):
        pieces = [_text(piece, "", names) for piece in value]
        mixed = next((piece for piece in pieces if between in piece), None)
        if mixed is not None:
            text = f"the label {mixed!r} holds {between!r}; `separator` must be another text"
            raise DataError(Problem("D27", text, "data.task.separator"))
        return between.join(pieces)
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int) and names is not None and 0 <= value < len(names):
        return names[value]
    if isinstance(value, float):
        return f"{value:.17g}"
    return "" if value is None else str(value).strip()
