"""An architecture as a table in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autocnn.cli.terminal import Terminal

COLUMNS = {"layer": "left", "output": "right", "params": "right", "MACs": "right"}


def show_network(terminal: Terminal, table: Sequence[Mapping[str, Any]]) -> None:
    """Print the rows of `network.table`, layers inside others indented, and their totals."""
    from autocnn.network.table import totals
    from autocnn.report.layers import label, rows, shape_text, short, times

    lines = []
    for depth, row in rows(table):
        title, details = label(row)
        text = "  " * depth + " · ".join(part for part in (title, details) if part)
        counts = [short(row[name]) if row[name] else "" for name in ("params", "macs")]
        lines.append((text, shape_text(row["out_shape"]), *counts))
    terminal.table(COLUMNS, lines)
    summed = totals(table)
    terminal.line(
        f"{summed['params']:,} parameters, {summed['macs']:,} MACs, depth {summed['depth']}, "
        f"receptive field {times(summed['receptive_field'])}"
    )
