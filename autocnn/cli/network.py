"""An architecture as a table in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autocnn.cli.terminal import Terminal

COLUMNS = {"layer": "left", "output": "right", "params": "right", "MACs": "right"}
MORE = {"activations": "right", "field": "right", "of params": "right", "of MACs": "right"}
WIDE = 100
"""Characters of a terminal that has room for all columns."""


def show_network(
    terminal: Terminal, table: Sequence[Mapping[str, Any]], *, full: bool = False
) -> None:
    """Print the rows of `network.table`, layers inside others indented, and their totals.

    `full` adds, where the terminal is wide enough, activations, receptive field and the shares
    of all parameters and MACs.
    """
    from autocnn.network.shares import with_shares
    from autocnn.network.table import totals
    from autocnn.report.layers import rows, short, times

    full = full and terminal.width >= WIDE
    lines = [
        _line(depth, part, row, full=full)
        for depth, part, row in rows(with_shares([dict(row) for row in table]))
    ]
    terminal.table(COLUMNS | MORE if full else COLUMNS, lines)
    summed = totals(table)
    terminal.line(
        f"{summed['params']:,} parameters, {summed['macs']:,} MACs, "
        f"{short(summed['activations'])} activations, depth {summed['depth']}, "
        f"receptive field {times(summed['receptive_field'])}"
    )


def _line(depth: int, part: str, row: Mapping[str, Any], *, full: bool) -> tuple[str, ...]:
    from autocnn.report.layers import label, shape_text, short, times

    title, details = label(row)
    text = "  " * depth + (f"{part}: " if part else "") + title
    counts = [short(row[name]) if row[name] else "" for name in ("params", "macs")]
    line = (f"{text} · {details}" if details else text, shape_text(row["out_shape"]), *counts)
    if not full:
        return line
    values = short(row["activations"]) if row["activations"] else ""
    shares = [_percent(row["share"][name]) for name in ("params", "macs")]
    return (*line, values, times(row["field"]), *shares)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share else ""
