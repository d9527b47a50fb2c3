"""`autocnn check`: a space looked at without training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.errors import Problem
    from autocnn.space import Architecture, Check, Space
    from autocnn.space.layer import Counts, Shape


def check(
    space: Annotated[Path, typer.Argument(metavar="SPACE", help="YAML file of a space.")],
    *,
    shape: options.Input = None,
    classes: options.Classes = None,
    samples: Annotated[
        int, typer.Option("--samples", min=1, max=100_000, help="Networks to draw.")
    ] = 200,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    sets: options.Sets = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Check a space and its data without training: faults, size, share of possible networks.

    Example: autocnn check search_spaces/quickstart.yaml
    """
    from autocnn.api import load_space
    from autocnn.cli.shape import shape_and_classes
    from autocnn.errors import SpaceError
    from autocnn.network import cost
    from autocnn.space import check as look

    terminal = Terminal(json, quiet, verbose)
    loaded = load_space(space, overrides=sets or [])
    input_shape, number = shape_and_classes(loaded, terminal, given=shape, classes=classes)
    costs: list[Counts] = []

    def noted(architecture: Architecture) -> Counts:
        costs.append(cost(architecture))
        return costs[-1]

    found = look(loaded, input_shape, number, cost=noted, samples=samples, seed=seed)
    within = sum(not breach(loaded, counts) for counts in costs)
    problem = found.problem or _beyond(loaded, costs, within)
    terminal.document(
        {
            "study": loaded.name,
            "shape": input_shape,
            "classes": number,
            "holes": found.holes,
            "fillings": found.fillings,
            "looked_at": found.looked_at,
            "feasible": found.feasible,
            "within_constraints": within,
            "params": found.params,
            "macs": found.macs,
            "impossible": found.impossible and str(found.impossible.problem),
            "notes": found.notes,
            "problem": problem and str(problem),
        }
    )
    _show(terminal, loaded, found, within, (input_shape, number))
    if problem is not None:
        raise SpaceError(problem)


def breach(space: Space, counts: Counts) -> str:
    """Which constraint of the space a network breaks, such as `params over 1,000`, or nothing."""
    limits = space.sections["constraints"]
    for name in ("params", "macs"):
        text = getattr(limits, name).broken_by(getattr(counts, name))
        if text:
            return f"{name} {text}"
    return ""


def _beyond(space: Space, costs: list[Counts], within: int) -> Problem | None:
    from autocnn.errors import Problem

    if within or not costs:
        return None
    nearest = min(costs, key=lambda counts: counts.params)
    text = (
        f"no network of {len(costs)} keeps the constraints; the smallest has {nearest.params:,} "
        f"params and {nearest.macs:,} MACs: {breach(space, nearest)}"
    )
    return Problem("Y31", text, "constraints", space.file)


def _show(
    terminal: Terminal, space: Space, found: Check, within: int, given: tuple[Shape, int]
) -> None:
    from autocnn.report.layers import short, times

    fillings = "infinitely many" if found.fillings is None else f"{found.fillings:,}"
    every = "all of them" if found.complete else f"{found.looked_at} at random"
    terminal.line(f"{space.file}: {found.holes} holes, {fillings} fillings")
    terminal.line(f"looked at {every}, for images {times(given[0])} in {given[1]} classes:")
    terminal.line(f"  {found.feasible} are networks, {within} of them keep the constraints")
    for name, ends in {"params": found.params, "MACs": found.macs}.items():
        if ends is not None:
            terminal.line(f"  {name} from {short(ends[0])} to {short(ends[1])}")
    if found.impossible is not None:
        terminal.line(f"  impossible, most often: {found.impossible.problem}")
        for name, value in found.example.items() if terminal.verbose else ():
            terminal.line(f"    {name}: {value}")
    for note in found.notes:
        terminal.line(f"note: {note}")
