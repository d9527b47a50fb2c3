"""Whether hole values make a candidate of a space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from autocnn.errors import SpaceError
from autocnn.space import Infeasible, Space, elaborate, fill_values


@dataclass(frozen=True)
class Start:
    """Values of holes to begin with and where they come from, in words."""

    origin: str
    values: Mapping[str, Any]


@dataclass
class Firsts:
    """First candidates in their order, and what was left out for which reason."""

    starts: list[Start] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def fits(space: Space, values: Mapping[str, Any], shape: tuple[int, ...], classes: int) -> bool:
    """Whether these are values of just the open holes, and the network can be."""
    try:
        filled = fill_values(space, values)
    except SpaceError:
        return False
    if filled.values.keys() != values.keys():
        return False
    return not isinstance(elaborate(filled, shape, classes), Infeasible)
