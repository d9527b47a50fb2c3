"""Why a filling is no network."""

from __future__ import annotations

from dataclasses import dataclass

from autocnn.errors import Problem
from autocnn.space.layer import Shape


@dataclass(frozen=True)
class Infeasible:
    """The first layer or option that cannot be: its rule, path and place, and the shape there.

    Inside a block the place is that of the user's use of it.
    """

    rule: str
    path: str
    text: str
    shape: Shape | None = None
    file: str = ""
    line: int = 0
    column: int = 0

    @property
    def problem(self) -> Problem:
        """The same as a problem, for where an infeasible candidate is an error."""
        return Problem(self.rule, self.text, self.path, self.file, self.line, self.column)

    def __str__(self) -> str:
        return str(self.problem)


class Impossible(Exception):
    """Carries an Infeasible out of the elaboration."""

    def __init__(self, reason: Infeasible):
        super().__init__(reason.text)
        self.reason = reason
