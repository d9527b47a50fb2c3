"""Which network a command is meant for: in a file, in a bundle or in a study."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.space import Candidate, Space


@dataclass(frozen=True)
class Given:
    """What the command line says about a file: see `images_of`, `sample` and `--set`.

    Without a seed no network is drawn of a space with open holes: that is an error.
    """

    shape: str | None = None
    classes: int | None = None
    seed: int | None = None
    sets: tuple[str, ...] = ()


def candidate_of(target: str, terminal: Terminal, store: str | None, given: Given) -> Candidate:
    """The candidate of `FILE`, `BUNDLE` or `STUDY[:TRIAL]`, of a study the best trial.

    With a seed, a space with open holes has them listed and gives one network drawn at random.
    Raises SpaceError, BundleError, StoreError and NoTrialSucceeded.
    """
    path = Path(target)
    if path.is_dir():
        from autocnn.reuse import load_bundle

        return load_bundle(path).candidate
    if path.exists() or path.suffix in (".yaml", ".yml"):
        return _of_file(path, terminal, given)
    return _of_study(target, store)


def _of_file(path: Path, terminal: Terminal, given: Given) -> Candidate:
    from autocnn.api import load_space
    from autocnn.cli.shape import images_of
    from autocnn.cli.train import refuse_holes
    from autocnn.errors import SpaceError
    from autocnn.space import Infeasible, elaborate, sample

    space = load_space(path, overrides=given.sets)
    if given.seed is None:
        refuse_holes(space)
    elif not space.is_candidate:
        _show_holes(terminal, space)
    found = images_of(space, terminal, given=given.shape, classes=given.classes)
    made = elaborate(sample(space, given.seed or 0), found.shape, found.classes)
    if isinstance(made, Infeasible):
        raise SpaceError(made.problem)
    if not space.is_candidate:
        terminal.line(f"one network of it, drawn with seed {given.seed}:")
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
