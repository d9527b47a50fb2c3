"""`autocnn check`: a space looked at without training."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.cli.shape import Images
    from autocnn.errors import Problem
    from autocnn.space import Architecture, Candidate, Check, Space
    from autocnn.space.layer import Counts
    from autocnn.training import Plan

MANY = 10**12
"""From here on numbers of fillings are told as powers of ten."""

IMAGES = 10_000
"""The images to which seconds are foretold where the data are not opened."""

TIMED = 5
"""So many networks that keep the other limits are timed where a search asks for latency."""


@dataclass(frozen=True)
class Timed:
    """Milliseconds of networks that can be run, and why others cannot."""

    latencies: Sequence[float] = ()
    refusals: Sequence[str] = ()


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
    allow_imports: options.AllowImports = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Check a space without training: faults, size, what is possible, and what it will take.

    Tells the number of fillings, the share that are networks, the ranges of parameters, MACs,
    memory and time, the alternatives that are in no network and the holes that change nothing.

    Example: autocnn check search_spaces/quickstart.yaml
    """
    from autocnn.api import load_space
    from autocnn.cli.loading import Loading
    from autocnn.cli.shape import images_of
    from autocnn.errors import SpaceError
    from autocnn.network import cost
    from autocnn.search.opening import ineffective, refusal
    from autocnn.search.settings import SearchOptions
    from autocnn.search.starts import given
    from autocnn.space import check as look
    from autocnn.training import measure_plan
    from autocnn.training.forecast import batch_bytes, seconds

    terminal = Terminal(json, quiet, verbose)
    loaded = load_space(space, overrides=sets or [])
    images = images_of(loaded, terminal, given=shape, classes=classes)
    starts = given(loaded, images.shape, images.classes)
    warnings = [*ineffective(loaded), *(f"search.start: {text}" for text in starts.left_out)]
    costs: list[dict[str, float]] = []

    def noted(architecture: Architecture) -> Counts:
        counts = cost(architecture)
        costs.append({"params": counts.params, "macs": counts.macs})
        return counts

    memories: list[float] = []
    drawn: list[Candidate] = []

    def memory(candidate: Candidate) -> float:
        drawn.append(candidate)
        memories.append(batch_bytes(candidate, plan))
        return memories[-1]

    with Loading(terminal) as loading:
        plan = measure_plan(progress=loading, seconds=0)
    measures = {
        "batch_bytes": memory,
        "epoch_seconds": seconds(plan, images.train or IMAGES),
    }
    fidelity = loaded.section(SearchOptions).fidelity
    found = look(
        loaded, images.shape, images.classes, cost=noted, measures=measures, samples=samples,
        seed=seed, fault=None if fidelity is None else fidelity.fault,
    )  # fmt: skip
    for known, size in zip(costs, memories, strict=True):
        known["memory_mb"] = size / 1e6
    kept = [not breach(loaded, known) for known in costs]
    within = sum(kept)
    few = list(itertools.islice(itertools.compress(drawn, kept), TIMED))
    timed = _timed(loaded, few, plan)
    problem = refusal(loaded, images.shape) or found.problem or _beyond(loaded, costs, within)
    terminal.document(_document(loaded, images, found, within, timed, warnings, problem))
    told = problem is not None and problem == found.problem
    _show(terminal, loaded, images, found, within, timed, warnings, told)
    if problem is not None:
        raise SpaceError(problem)


def _document(
    space: Space,
    images: Images,
    found: Check,
    within: int,
    timed: Timed,
    warnings: Sequence[str],
    problem: Problem | None,
) -> dict[str, Any]:
    latencies = timed.latencies
    return {
        "study": space.name,
        "shape": images.shape,
        "classes": images.classes,
        "images": images.train or IMAGES,
        "holes": found.holes,
        "fillings": found.fillings,
        "discrete_fillings": found.discrete,
        "float_holes": found.floats,
        "looked_at": found.looked_at,
        "feasible": found.feasible,
        "within_constraints": within,
        "params": found.params,
        "macs": found.macs,
        **found.ranges,
        **({"latency_ms": (min(latencies), max(latencies))} if latencies else {}),
        "impossible": found.impossible and str(found.impossible.problem),
        "impossible_input": found.impossible and found.impossible.shape,
        "uncovered": [str(missing) for missing in found.uncovered],
        "idle": found.idle,
        "notes": [*found.notes, *_limits(space, timed)],
        "warnings": warnings,
        "problem": problem and str(problem),
    }


def breach(space: Space, costs: Mapping[str, float]) -> str:
    """The first limit that costs of a network break, or nothing; latency is not among them."""
    from autocnn.search.constraints import Constraints

    return space.section(Constraints).breach(costs)


def _beyond(space: Space, costs: Sequence[Mapping[str, float]], within: int) -> Problem | None:
    from autocnn.errors import Problem

    if within or not costs:
        return None
    nearest = min(costs, key=lambda known: known["params"])
    text = (
        f"no network of {len(costs)} keeps the constraints; the smallest has "
        f"{nearest['params']:,} params and {nearest['macs']:,} MACs; {breach(space, nearest)}"
    )
    return Problem("Y31", text, "constraints", space.file)


def _timed(space: Space, candidates: Sequence[Candidate], plan: Plan) -> Timed:
    """Each candidate timed; none if the search asks for no latency."""
    from autocnn.search.constraints import Constraints
    from autocnn.search.costs import Costs
    from autocnn.search.objectives import Objectives

    constraints, wanted = space.section(Constraints), space.section(Objectives).wanted
    if not constraints.measures_latency(wanted) or constraints.missing(wanted):
        return Timed()
    costs = Costs(constraints, wanted, plan.to_json())
    told = [costs.of(candidate) for candidate in candidates]
    return Timed(
        [found["latency_ms"] for found, _ in told if "latency_ms" in found],
        [broken for found, broken in told if "latency_ms" not in found],
    )


def _limits(space: Space, timed: Timed) -> Iterator[str]:
    """What the strategy of a space leaves to chance in it, and what only a search will tell."""
    from autocnn.search.constraints import Constraints
    from autocnn.search.objectives import Objectives
    from autocnn.search.settings import SearchOptions

    objectives, strategy = space.section(Objectives), space.section(SearchOptions).strategy
    if names := [hole.name for hole in strategy.unguided(space.holes)]:
        more = ", ..." if len(names) > 3 else ""
        of = f"{len(names)} of {_holes(len(space.holes))}"
        yield f"{strategy.word!r} draws {of} at random: {', '.join(names[:3])}{more}"
    if objectives.several and not strategy.several:
        count = len(objectives.wanted)
        yield f"{strategy.word!r} is told one score for {count} objectives: rank, then crowding"
    if latencies := timed.latencies:
        asked = space.section(Constraints).latency_ms
        many = f"of {len(latencies)} networks" if len(latencies) > 1 else "of one network"
        text = f"latency {many} {_between(min(latencies), max(latencies), ' ms')}"
        kept = sum(not asked.broken_by(latency) for latency in latencies)
        limit = f", {kept} within the limit" if asked.limited else ""
        yield f"{text} by {asked.runtime}, batch {asked.batch}{limit}; a search measures each one"
    for broken, number in Counter(timed.refusals).items():
        yield f"{number} of {len(latencies) + len(timed.refusals)} cannot be timed: {broken}"


def _show(
    terminal: Terminal, space: Space, images: Images, found: Check, within: int,
    timed: Timed, warnings: Sequence[str], told: bool,
) -> None:  # fmt: skip
    from autocnn.data import DataOptions
    from autocnn.report.layers import shape_text

    every = "all of them" if found.complete else f"{found.looked_at} at random"
    task, count = space.section(DataOptions).task, images.classes
    outputs = (
        f"{'in' if task.word == 'classification' else 'with'} {count} {task.thing[count != 1]}"
    )
    given = f"images {shape_text(images.shape)} {outputs}"
    if found.holes:
        terminal.line(f"{space.file}: {_holes(found.holes)}, {_number(found)}")
        for hole in space.holes if terminal.verbose else ():
            terminal.line(f"  {hole.name}: {hole.range_text}")
        terminal.line(f"looked at {every}, for {given}:")
        terminal.line(f"  {found.feasible} are networks, {within} of them keep the constraints")
    else:
        kept = "keeps" if within else "breaks"
        terminal.line(f"{space.file}: no holes, for {given}:")
        terminal.line(f"  one network, it {kept} the constraints" if found.feasible else "  none")
    for line in _ranges(found, images):
        terminal.line(f"  {line}")
    if found.impossible is not None and (terminal.verbose or not told):  # the error tells it
        terminal.line(f"  impossible, most often: {found.impossible.problem}")
        if found.impossible.shape is not None:
            terminal.line(f"    its input: {shape_text(found.impossible.shape)}")
        for name, value in found.example.items() if terminal.verbose else ():
            terminal.line(f"    {name}: {value}")
    for missing in found.uncovered:
        terminal.line(f"warning: {missing}")
    for name in found.idle:
        terminal.line(f"warning: {name} changes nothing: no value of it made another network")
    if found.holes and found.feasible and not found.uncovered:
        terminal.line("every alternative of every hole is part of a network")
    for text in warnings:
        terminal.line(f"warning: {text}")
    for note in (*found.notes, *_limits(space, timed)):
        terminal.line(f"note: {note}")


def _holes(number: int) -> str:
    return f"{number} holes" if number > 1 else "1 hole"


def _number(found: Check) -> str:
    """How many fillings there are: exact, or as a power of ten where there are very many."""
    many = found.discrete
    text = f"{many:,}" if many < MANY else f"about 10^{math.log10(many):.1f}"
    if not found.floats:
        return f"{text} fillings"
    reals = "1 real number" if found.floats == 1 else f"{found.floats} real numbers"
    return f"{text} fillings, each with any values of {reals}"


def _ranges(found: Check, images: Images) -> Iterator[str]:
    for name, ends in {"params": found.params, "MACs": found.macs}.items():
        if ends is not None:
            yield f"{name} {_between(*ends)}"
    if "batch_bytes" in found.ranges:
        low, high = found.ranges["batch_bytes"]
        yield f"memory for a batch {_between(low, high, 'B')}"
        low, high = found.ranges["epoch_seconds"]
        epoch = "an epoch" if images.train else f"{IMAGES:,} images"
        yield f"seconds for {epoch} on one core, roughly, {_between(low, high)}"


def _between(low: float, high: float, unit: str = "") -> str:
    from autocnn.report.layers import short

    if low == high:
        return f"{short(low)}{unit}"
    return f"from {short(low)}{unit} to {short(high)}{unit}"
