"""Reads a candidate: a space in which nothing is left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autocnn.errors import Problem, SpaceError
from autocnn.space.candidate import Candidate
from autocnn.space.elaborate import elaborate
from autocnn.space.fill import Filled
from autocnn.space.infeasible import Infeasible
from autocnn.space.language import Language
from autocnn.space.space import load_space


def read_candidate(
    source: str | Path | Mapping[str, Any],
    language: Language,
    shape: Sequence[int] | None = None,
    classes: int | None = None,
) -> Candidate:
    """The candidate in a document; `shape` and `classes` default to those under its `data`.

    Raises SpaceError for open holes, which it lists, and for a network that cannot be.
    """
    space = load_space(source, language)
    if space.holes:
        raise SpaceError(
            *(
                Problem(
                    "Y08", "this hole is open; a candidate leaves nothing open",
                    hole.name, hole.file, hole.line, hole.column,
                )
                for hole in space.holes
            )
        )  # fmt: skip
    data = space.sections.get("data")
    shape = shape or getattr(data, "shape", None)
    classes = classes or getattr(data, "classes", None)
    if shape is None or classes is None:
        text = "a candidate needs `data: {shape: [channels, height, width], classes: number}`"
        raise SpaceError(Problem("Y30", text, "data", file=space.file))
    made = elaborate(Filled(space, {}), shape, classes)
    if isinstance(made, Infeasible):
        raise SpaceError(made.problem)
    return made
