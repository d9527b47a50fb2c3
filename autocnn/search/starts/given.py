"""The first candidates that a space names itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from autocnn.errors import Problem, SpaceError, suggest
from autocnn.search.settings import SearchOptions
from autocnn.search.starts.fit import Firsts, Start
from autocnn.space import Filled, Infeasible, Space, elaborate, load_space, values_of

ARCHITECTURE = "architecture.yaml"
"""The file in which a bundle has its candidate."""


def given(space: Space, shape: tuple[int, ...], classes: int) -> Firsts:
    """What `search.start.candidates` says, for images of this shape.

    A network of a file is one of these images, too; it is left out if it does not lie in the
    space. Raises SpaceError for a hole that there is not, a value that it does not take, and a
    file that has no candidate.
    """
    firsts, options = Firsts(), space.section(SearchOptions).start
    for number, entry in enumerate(() if options == "none" else options.candidates):
        path = f"search.start.candidates.{number}"
        if isinstance(entry, Mapping):
            firsts.starts.append(Start("the space", _checked(space, entry, path)))
            continue
        folder = Path(space.file).parent if space.file else Path()
        file = folder / Path(entry).expanduser()
        file = file / ARCHITECTURE if file.is_dir() else file
        start = _of_file(space, load_space(file, space.language), entry, shape, classes)
        if isinstance(start, Start):
            firsts.starts.append(start)
        else:
            firsts.left_out.append(start)
    return firsts


def _of_file(
    space: Space, known: Space, entry: str, shape: tuple[int, ...], classes: int
) -> Start | str:
    """The start that makes the network of a file, or why there is none."""
    if not known.is_candidate:
        raise SpaceError(Problem("Y08", "has open holes; a candidate has none", "", known.file))
    candidate = elaborate(Filled(known, {}), shape, classes)
    if isinstance(candidate, Infeasible):
        return f"{entry}: is no network for these images: {candidate.path}: {candidate.text}"
    found = values_of(candidate, space)
    if found is None:
        return f"{entry}: no values of the holes were found that make its network"
    apart = f", of its recipe {found.missed} options differ" if found.missed else ""
    return Start(f"{entry}{apart}", found.values)


def _checked(space: Space, entry: Mapping[str, Any], path: str) -> dict[str, Any]:
    """The values as their holes take them."""
    holes = {hole.name: hole for hole in space.holes}
    found: dict[str, Any] = {}
    for name, value in entry.items():
        if name not in holes:
            within = (hole for hole in holes if hole.endswith(f".{name}"))
            nearest = next(within, None)
            near = f" (did you mean {nearest!r}?)" if nearest else suggest(name, list(holes))
            text = f"the space has no hole {name!r}{near}; `autocnn check --verbose` lists them"
            raise SpaceError(Problem("Y07", text, path, space.file))
        hole = holes[name]
        found[name] = float(value) if hole.kind == "float" and type(value) is int else value
        if not hole.accepts(found[name]):
            text = f"the hole {name} does not take {value!r}"
            raise SpaceError(Problem("Y08", text, path, space.file))
    return found
