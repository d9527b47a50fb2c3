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

    Unless it `draws`, a space with open holes is an error.
    """

    shape: str | None = None
    classes: int | None = None
    seed: int | None = None
    sets: tuple[str, ...] = ()
    draws: bool = False

    def refuse(self, target: str) -> None:
        """Raise SpaceError if it says anything: the network of the target is what it is."""
        from autocnn.errors import Problem, SpaceError

        said: dict[str, object] = {
            "--input": self.shape,
            "--classes": self.classes,
            "--seed": self.seed,
            "--set": self.sets or None,
        }
        text = f"is for a file; the network of {target!r} stays as it was trained"
        problems = [Problem("", text, name) for name, value in said.items() if value is not None]
        if problems:
            raise SpaceError(*problems)


def candidate_of(target: str, terminal: Terminal, store: str | None, given: Given) -> Candidate:
    """The candidate of `FILE`, `BUNDLE` or `STUDY[:TRIAL]`, of a study the best trial.

    Where a network is drawn of a space with open holes, these are listed. Raises SpaceError,
    BundleError, StoreError and NoTrialSucceeded.
    """
    from autocnn.reuse import load_bundle

    path = Path(target)
    if path.suffix in (".yaml", ".yml") or (path.exists() and not path.is_dir()):
        return _of_file(path, terminal, given)
    given.refuse(target)
    bundle = bundle_of(target, store)
    return _of_study(target, store) if bundle is None else load_bundle(bundle).candidate


def bundle_of(target: str, store: str | None) -> Path | None:
    """The folder of the bundle that is meant, or None for a file or a study.

    A folder without manifest is none where it has the name of a study, as that of the data may.
    """
    from autocnn.api import open_study
    from autocnn.errors import StoreError
    from autocnn.reuse.folder import MANIFEST

    folder = Path(target)
    if not folder.is_dir():
        return None
    if (folder / MANIFEST).exists():
        return folder
    try:
        open_study(_named(target)[0], store)
    except StoreError:
        return folder  # to be refused as a bundle, which says more
    return None


def _of_file(path: Path, terminal: Terminal, given: Given) -> Candidate:
    from autocnn.api import load_space
    from autocnn.cli.shape import images_of
    from autocnn.cli.train import refuse_holes
    from autocnn.errors import SpaceError
    from autocnn.space import Infeasible, elaborate, sample

    space = load_space(path, overrides=given.sets)
    if not given.draws:
        refuse_holes(space)
    elif not space.is_candidate:
        _show_holes(terminal, space)
    seed = given.seed or 0
    found = images_of(space, terminal, given=given.shape, classes=given.classes)
    made = elaborate(sample(space, seed), found.shape, found.classes)
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

    name, number = _named(target)
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


def _named(target: str) -> tuple[str, str]:
    """Name of the study and number of the trial, if any."""
    name, colon, number = target.rpartition(":")
    return (name, number) if colon and number.isdecimal() else (target, "")
