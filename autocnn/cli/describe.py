"""`autocnn describe`: one network as a table, or a space as its holes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.space import Candidate, Space


def describe(
    target: Annotated[
        str,
        typer.Argument(metavar="FILE|BUNDLE|STUDY[:TRIAL]", help="What to describe."),
    ],
    *,
    shape: options.Input = None,
    classes: options.Classes = None,
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Which network of a space with open holes.")
    ] = 0,
    svg: Annotated[
        Path | None,
        typer.Option("--svg", metavar="FILE", help="Also draw it here.", show_default=False),
    ] = None,
    force: options.Force = False,
    store: options.Store = None,
    sets: options.Sets = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Show the layers of a network with shapes, parameters and MACs.

    Of a space with open holes it lists these and shows one network drawn at random; of a study
    the best trial, or the one after the colon.

    Example: autocnn describe fashion:17 --svg network.svg

    Example: autocnn describe search_spaces/quickstart.yaml --input 3x224x224 --classes 1000
    """
    from autocnn.cli.network import show_network
    from autocnn.cli.output import check_output, write_text
    from autocnn.network.table import table, totals

    terminal = Terminal(json, quiet, verbose)
    if svg is not None:
        check_output(svg, force=force)
    path = Path(target)
    if path.is_dir():
        from autocnn.reuse import load_bundle

        candidate = load_bundle(path).candidate
    elif path.exists() or path.suffix in (".yaml", ".yml"):
        candidate = _of_file(path, terminal, sets or [], shape, classes, seed)
    else:
        candidate = _of_study(target, store)
    rows = table(candidate.architecture)
    terminal.document({"candidate": candidate.to_json(), "table": rows, "totals": totals(rows)})
    show_network(terminal, rows)
    terminal.line(f"digest {candidate.digest}")
    if svg is not None:
        from autocnn.report import diagram

        write_text(svg, diagram(rows), force=force)
        terminal.note(f"wrote {svg}")


def _of_file(
    path: Path,
    terminal: Terminal,
    sets: list[str],
    shape: str | None,
    classes: int | None,
    seed: int,
) -> Candidate:
    from autocnn.api import load_space
    from autocnn.cli.shape import shape_and_classes
    from autocnn.errors import SpaceError
    from autocnn.space import Infeasible, elaborate, sample

    space = load_space(path, overrides=sets)
    if not space.is_candidate:
        _show_holes(terminal, space)
    found = shape_and_classes(space, terminal, given=shape, classes=classes)
    made = elaborate(sample(space, seed), *found)
    if isinstance(made, Infeasible):
        raise SpaceError(made.problem)
    if not space.is_candidate:
        terminal.line(f"one network of it, drawn with seed {seed}:")
    return made


def _show_holes(terminal: Terminal, space: Space) -> None:
    rows = []
    for hole in space.holes:
        if hole.kind == "choice":
            values = ", ".join(map(str, hole.choices))
        else:
            low, high = f"{hole.low:g}", f"{hole.high:g}"
            step = f", step {hole.step}" if hole.kind == "int" and hole.step != 1 else ""
            values = f"{low} to {high}{step}{', log' if hole.log else ''}"
        rows.append((hole.name + (" *" if hole.conditional else ""), values))
    terminal.table({f"{len(space.holes)} holes": "left", "values": "left"}, rows)
    terminal.line("* only under some choices")
    terminal.line()


def _of_study(target: str, store: str | None) -> Candidate:
    from autocnn.api import open_study
    from autocnn.cli.studies import ranked
    from autocnn.errors import NoTrialSucceeded, Problem, SpaceError
    from autocnn.training import read_candidate_json

    name, colon, number = target.rpartition(":")
    if not colon or not number.isdecimal():
        name, number = target, ""
    opened, record = open_study(name, store)
    trials = opened.trials(record.id)
    if number:
        chosen = [trial for trial in trials if trial.number == int(number)]
    else:
        chosen = ranked(record, trials)
    if not chosen and not number:
        raise NoTrialSucceeded(f"no trial of {name!r} has a result yet")
    if not chosen or chosen[0].candidate is None:
        why = chosen[0].detail if chosen else f"there are {len(trials)}"
        raise SpaceError(Problem("", f"trial {number} of {name!r} has no network: {why}"))
    return read_candidate_json(chosen[0].candidate)
