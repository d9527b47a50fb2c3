"""CSV that no spreadsheet can be tricked by."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def inert(cell: Any) -> Any:
    """Text so that a spreadsheet shows and does not evaluate it (OWASP, CSV injection)."""
    evil = isinstance(cell, str) and cell.startswith(FORMULA_STARTS)
    return f"'{cell}" if evil else cell


def csv_line(cells: Iterable[object]) -> str:
    """One line, without its end."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()


def csv_table(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A heading and a line per row; what lies in a mapping has a column `<name>.<key>` each."""
    flat = [_flat(row) for row in rows]
    heads = list(dict.fromkeys(head for row in flat for head in row))
    if heads:
        yield csv_line(map(inert, heads))
    for row in flat:
        yield csv_line(inert(row.get(head)) for head in heads)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            found[name] = value
    return found
