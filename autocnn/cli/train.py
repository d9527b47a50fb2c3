"""`autocnn train`: one network, trained fully."""

from __future__ import annotations

import shlex
import time as clock
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.data import DataOptions, Dataset
    from autocnn.space import Candidate, Space


def train(
    candidate: Annotated[
        Path,
        typer.Argument(metavar="CANDIDATE", help="YAML without open holes, such as best.yaml."),
    ],
    *,
    data: options.Data = None,
    time: options.Time = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1)] = 0,
    output: options.Out = None,
    force: options.Force = False,
    sets: options.Sets = None,
    check_determinism: Annotated[
        bool,
        typer.Option(
            "--check-determinism",
            help="Only train an epoch twice and in two parts, and compare all bits.",
        ),
    ] = False,
    allow_imports: options.AllowImports = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train one network fully and write its bundle, measured on the validation part.

    A GPU trains it, or all cores together where that takes more than seconds; with --time the
    schedule follows the time. The test part is not read; `autocnn evaluate` does that. The same
    command continues a training that was interrupted, after the last whole epoch. With
    --check-determinism the same processes train an epoch again, no bundle is written, and it exits
    with 1 where bits differ.

    Example: autocnn train best.yaml --data fashion-mnist -o fashion_classifier
    """
    from autocnn.api import load_space
    from autocnn.cli.determinism import check_determinism as same_bits
    from autocnn.cli.exits import SOME_FAILED
    from autocnn.cli.fit import Fit
    from autocnn.cli.loading import Loading
    from autocnn.cli.network import show_network
    from autocnn.cli.numbers import seconds_of
    from autocnn.network import table
    from autocnn.reuse.folder import refuse_existing
    from autocnn.search.objectives import Objectives
    from autocnn.search.settings import SearchOptions
    from autocnn.training import measure_plan

    started = clock.monotonic()
    terminal = Terminal(json, quiet, verbose)
    space = load_space(candidate, overrides=sets or [])
    refuse_holes(space)
    target = output or Path(f"{space.name}-bundle")
    refuse_existing(target, force=force or check_determinism)
    deadline = None if time is None else started + seconds_of(time)
    with Loading(terminal) as loading:
        dataset = open_for(space, data, loading)
        chosen = candidate_of(space, dataset)
        plan = measure_plan(progress=loading)
    for note in dataset.notes:
        terminal.note(note)
    if not quiet:
        show_network(terminal, table(chosen.architecture))
    asked = {"--data": data, "--time": time, "--seed": seed, "--output": output}
    metric = space.section(Objectives).metric
    search = space.section(SearchOptions)
    if check_determinism:
        if not same_bits(terminal, chosen, dataset, plan, seed, metric, search):
            raise typer.Exit(SOME_FAILED)
        return
    flags = {"--force": force, "--allow-imports": allow_imports}
    fit = Fit(
        terminal,
        chosen,
        dataset,
        plan,
        seed,
        metric,
        target,
        force,
        provenance={
            "command": "train",
            "data_options": data_options(space, data).meaning(defaults=False),
        },
        options=search,
    )
    fit.run(deadline, again("train", candidate, asked, sets, flags))


def again(
    command: str,
    source: Path,
    asked: Mapping[str, object],
    sets: Sequence[str] | None,
    flags: Mapping[str, bool],
) -> str:
    """The command that continues."""
    words = ["autocnn", command, str(source)]
    for option, value in asked.items():
        words += [option, str(value)] if value else []
    for assignment in sets or []:
        words += ["--set", assignment]
    return shlex.join([*words, *(flag for flag, given in flags.items() if given)])


def refuse_holes(space: Space) -> None:
    """Raise SpaceError with every hole that is still open."""
    from autocnn.errors import Problem, SpaceError

    if space.holes:
        text = "this hole is open; a candidate leaves nothing open"
        raise SpaceError(
            *(
                Problem("Y08", text, hole.name, hole.file, hole.line, hole.column)
                for hole in space.holes
            )
        )


def open_for(space: Space, source: str | None, loading: object) -> Dataset:
    """The data to train on."""
    from autocnn.data import open_data

    base = Path(space.file).parent if space.file else Path.cwd()
    return open_data(data_options(space, source), base=base, progress=loading)  # type: ignore[arg-type]


def data_options(space: Space, source: str | None) -> DataOptions:
    """How they are opened; with `data: {shape}` they are brought to that shape."""
    from autocnn.data import DataOptions
    from autocnn.default_space import absolute_source
    from autocnn.errors import Problem, SpaceError

    chosen = space.section(DataOptions)
    changes: dict[str, object] = {}
    if source is not None:
        changes["source"] = absolute_source(source)
    elif chosen.source is None:
        raise SpaceError(Problem("Y30", "names no data source; give --data", "data", space.file))
    if chosen.shape is not None:
        channels, *size = chosen.shape
        if channels not in (1, 3) or min(size) < 2:
            text = "expected 1 or 3 channels of at least 2x2, to which images are brought, got "
            text += "x".join(map(str, chosen.shape))
            raise SpaceError(Problem("Y30", text, "data.shape", space.file))
        side = chosen.size
        sides = [side, side] if isinstance(side, int) else list(side or size)
        if sides != size or chosen.channels not in (None, channels):
            text = f"images are brought to {'x'.join(map(str, chosen.shape))}, which `data.size` "
            text += "and `data.channels` contradict; change this one instead"
            raise SpaceError(Problem("Y30", text, "data.shape", space.file))
        changes |= {"channels": channels, "size": tuple(size), "shape": None}
    return chosen.model_copy(update=changes)


def candidate_of(space: Space, dataset: Dataset) -> Candidate:
    """The network of a space without holes for these data; raises SpaceError."""
    from autocnn.data import DataOptions
    from autocnn.errors import Problem, SpaceError
    from autocnn.space import Infeasible, elaborate, fill_values

    wanted = space.section(DataOptions).classes
    if wanted not in (None, len(dataset.classes)):
        found = len(dataset.classes)
        text = f"the network is for {wanted} classes, the data have {found}; one for these "
        text += f"is made with --set data.classes={found}"
        raise SpaceError(Problem("Y30", text, "data.classes", space.file))
    made = elaborate(fill_values(space, {}), dataset.shape, len(dataset.classes))
    if isinstance(made, Infeasible):
        raise SpaceError(made.problem)
    return made
