"""What commands print: results to standard output, notes on the way to standard error."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autocnn.csv_text import csv_table
from autocnn.errors import Problem, SpaceError

UNBOUNDED = 200
"""Characters to a line where the output is no terminal."""


@dataclass(frozen=True)
class Terminal:
    """Prints as the common options `--json`, `--quiet` and `--verbose` say.

    With `--json` only `document` prints to standard output, with `csv` only `documents`.
    """

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    csv: bool = False

    def note(self, text: str) -> None:
        """Tell something on the way, unless it is to be quiet."""
        if not self.quiet:
            _write(text, sys.stderr)

    def detail(self, text: str) -> None:
        """Tell something that only `--verbose` asks for."""
        if self.verbose:
            _write(text, sys.stderr)

    def line(self, text: str = "") -> None:
        """Print one line of the result, unless it is wanted as JSON."""
        if not self.json and not self.csv:
            _write(text, sys.stdout)

    def document(self, value: object) -> None:
        """Print the result as JSON, if that is wanted."""
        if self.json:
            _write(to_json(value), sys.stdout)

    def documents(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Print rows as JSON or CSV, if that is wanted; as CSV all have the same columns."""
        if self.json and self.csv:
            raise SpaceError(Problem("", "--json and --csv cannot be given together"))
        self.document(rows)
        if self.csv:
            for line in csv_table(rows):
                _write(line, sys.stdout)

    @property
    def width(self) -> int:
        """Characters to a line: those of the terminal or `COLUMNS`, in a file more than enough."""
        tty = sys.stdout is not None and sys.stdout.isatty()
        return shutil.get_terminal_size((80 if tty else UNBOUNDED, 24)).columns

    def table(
        self,
        columns: Mapping[str, str],
        rows: Iterable[Sequence[object]],
        *,
        title: str = "",
    ) -> None:
        """Print a table with columns `{heading: "left" | "right"}`, as wide as the terminal."""
        if self.json or self.csv:
            return
        from rich import box
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        table = Table(
            title=title or None, box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left"
        )
        for heading, side in columns.items():
            table.add_column(
                heading,
                justify="right" if side == "right" else "left",
                no_wrap=side == "right",
                overflow="fold",
            )
        for row in rows:
            table.add_row(*(Text(str(cell)) for cell in row))
        Console(file=sys.stdout, highlight=False, width=self.width).print(table)


def to_json(value: object) -> str:
    """Readable JSON; what JSON cannot hold becomes text, numbers that are not finite null."""
    return json.dumps(_finite(value), indent=2, default=str, allow_nan=False, ensure_ascii=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(entry) for entry in value]
    return value


def _write(text: str, stream: Any) -> None:
    if stream is not None:
        print(text, file=stream)
