"""An open choice in a space, as strategies and readers of a study see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from autocnn.space.scalars import Value


@dataclass(frozen=True)
class Hole:
    """A named open choice.

    A `choice` has `choices`: its alternatives themselves where all are scalars of one type, their
    labels otherwise. An `int` or `float` lies in [low, high], both ends included, on a grid of
    `step` from `low` if it is an int. `conditional` holes exist only under some other choices.
    """

    name: str
    kind: Literal["choice", "int", "float"]
    choices: tuple[Value, ...] = ()
    low: float = 0
    high: float = 0
    step: int = 1
    log: bool = False
    conditional: bool = False
    file: str = ""
    line: int = 0
    column: int = 0

    @property
    def range_text(self) -> str:
        """The values that it may be filled with, for a reader."""
        if self.kind == "choice":
            return ", ".join(str(choice) for choice in self.choices)
        step = f", step {self.step}" if self.step != 1 else ""
        return f"{self.low} to {self.high}{step}{', log' if self.log else ''}"

    def accepts(self, value: Any) -> bool:
        """Whether `value` is one that this hole may be filled with."""
        if self.kind == "choice":
            return any(type(value) is type(choice) and value == choice for choice in self.choices)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        if not self.low <= value <= self.high:
            return False
        return self.kind == "float" or (
            isinstance(value, int) and (value - self.low) % self.step == 0
        )

    def values(self) -> Iterator[Value] | None:
        """Every value in order, or None for a float."""
        if self.kind == "choice":
            return iter(self.choices)
        if self.kind == "int":
            return iter(range(int(self.low), int(self.high) + 1, self.step))
        return None
