"""The scale of one hole: where its values lie and how they are said."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Any

from autocnn.report.theme import plain

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

PREFIX = "hole."
UNUSED = -0.14  # the position of a hole that a trial did not have
FEW = 8  # up to so many different values a hole's axis is one of categories


@dataclass(frozen=True)
class Axis:
    """The scale of one hole: `kind` is categories, number or log; ticks lie in [0, 1]."""

    hole: str
    kind: str
    values: tuple[Any, ...]
    """Every category in order, or the lowest and the highest number."""

    @classmethod
    def of(cls, hole: str, column: pd.Series[Any]) -> Axis:
        """Choose the scale from the values that trials have."""
        different = column.dropna().unique().tolist()
        values = sorted(different, key=lambda value: (str(type(value)), value))
        numbers = all(isinstance(value, int | float) for value in values)
        numbers = numbers and not any(isinstance(value, bool) for value in values)
        if not numbers or len(values) <= FEW:
            return cls(hole, "categories", tuple(sorted(values) if numbers else values))
        low, high = min(values), max(values)
        return cls(hole, "log" if low > 0 and high / low >= 10 else "number", (low, high))

    def position(self, value: Any) -> float:
        """Where a value lies in [0, 1]; below for a hole that is not used."""
        if _missing(value):
            return UNUSED
        if self.kind == "categories":
            return self.values.index(value) / (len(self.values) - 1) if self.values[1:] else 0.5
        low, high = self.values
        if self.kind == "log":
            return log(value / low) / log(high / low)
        return float((value - low) / (high - low))

    def positions(self, column: pd.Series[Any]) -> NDArray[np.float64]:
        """Where the values of a column lie; each different one is looked up once."""
        known = {value: self.position(value) for value in column.dropna().unique().tolist()}
        found: NDArray[np.float64] = column.map(known).fillna(UNUSED).to_numpy(float, copy=True)
        return found

    def ticks(self) -> list[tuple[float, str]]:
        """Position and text of what is written along the axis."""
        if self.kind == "categories":
            return [(self.position(value), said(value, 14)) for value in self.values]
        low, high = self.values
        middle = (low * high) ** 0.5 if self.kind == "log" else (low + high) / 2
        return [(self.position(value), f"{value:.3g}") for value in (low, middle, high)]


def said(value: object, longest: int) -> str:
    """A hole's value in words; a float without the digits that nobody reads."""
    return plain(f"{value:.4g}" if isinstance(value, float) else value, longest)


def wrapped(hole: str, width: int = 15) -> str:
    """A hole's name in lines, broken after dots."""
    lines = [""]
    for part in hole.replace(" ", ". ").split("."):
        if lines[-1] and len(lines[-1]) + len(part) >= width:
            lines.append("")
        lines[-1] += ("." if lines[-1] and not part.startswith(" ") else "") + part
    return "<br>".join(plain(line, 22) for line in lines)


def _missing(value: object) -> bool:
    """Whether it is None, NaN or NA; a hole's value is one scalar."""
    import pandas as pd

    return bool(pd.isna(value))  # type: ignore[call-overload]
