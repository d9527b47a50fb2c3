"""The candidates that come with autocnn."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from autocnn.search.starts.fit import Start, fits
from autocnn.space import Space

FILE = Path(__file__).parent / "portfolio.json"


@cache
def portfolio() -> tuple[Mapping[str, Any], ...]:
    """The entries: `data` they were found on, and `values` of holes."""
    return tuple(json.loads(FILE.read_text(encoding="utf-8"))["candidates"])


def shipped(space: Space, data: Mapping[str, Any]) -> Iterator[Start]:
    """Those that are candidates of the space, but for those found on the very same data.

    A search on these would begin with what an earlier one spent its time on.
    """
    shape, classes = tuple(data["shape"]), len(data["classes"])
    for entry in portfolio():
        if entry["data"] == data["source"]:
            continue
        if fits(space, entry["values"], shape, classes):
            yield Start(f"the portfolio, found on {entry['data']}", entry["values"])
