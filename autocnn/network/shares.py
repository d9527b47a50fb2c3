"""What part of a whole network each of its layers is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autocnn.network.table import Row, totals

SHARED = ("params", "macs", "activations")


def with_shares(rows: Sequence[Row]) -> list[Row]:
    """The rows of `table`, each with its `share` of parameters, MACs and activations, in [0, 1].

    A layer with parts counts them in. The share of nothing is 0.
    """
    whole = totals(rows)
    return [_shared(row, whole) for row in rows]


def _shared(row: Row, whole: Mapping[str, Any]) -> Row:
    share = {name: row[name] / whole[name] if whole[name] else 0.0 for name in SHARED}
    parts = [
        {**part, "layers": [_shared(inner, whole) for inner in part["layers"]]}
        for part in row["parts"]
    ]
    return {**row, "share": share, "parts": parts}
