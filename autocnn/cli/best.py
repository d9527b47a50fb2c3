"""`autocnn best`: the best network of a study."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.store import Store, StudyRecord


def best(
    study: options.Study,
    *,
    output: options.Out = None,
    front: Annotated[
        bool,
        typer.Option("--front", help="Of several objectives: all trials that none dominates."),
    ] = False,
    force: options.Force = False,
    store: options.Store = None,
    allow_imports: options.AllowImports = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Show the best network of a study; with -o copy it to a folder.

    Of several objectives it is the knee of the front. A finished study gives its bundle. One that
    is still searched gives the best trial so far as a folder with `best.yaml`, which `autocnn
    train` trains.

    Example: autocnn best fashion -o fashion_classifier

    Example: autocnn best small_and_good --front
    """
    from autocnn.api import finished_result, open_study
    from autocnn.cli.front import show_front
    from autocnn.cli.search import show_result
    from autocnn.errors import Problem, SpaceError

    terminal = Terminal(json, quiet, verbose)
    opened, record = open_study(study, store)
    if front and output is not None:
        raise SpaceError(Problem("", "lists trials and writes nothing", "--front"))
    if front:
        show_front(terminal, opened, record)
        return
    if record.state != "finished":
        _best_so_far(terminal, opened, record, output, force=force)
        return
    result = finished_result(opened, record)
    show_result(terminal, result)
    if output is not None:
        assert result.bundle is not None
        _copy_bundle(result.bundle, output, force=force)
        terminal.note(f"copied the bundle to {output}")


def _best_so_far(
    terminal: Terminal, store: Store, study: StudyRecord, output: Path | None, *, force: bool
) -> None:
    from autocnn.cli.network import show_network
    from autocnn.cli.numbers import measured
    from autocnn.cli.output import write_text
    from autocnn.cli.studies import ranked
    from autocnn.errors import NoTrialSucceeded
    from autocnn.fidelity_text import fidelity_note, fidelity_text
    from autocnn.network import table
    from autocnn.search.front import front, objectives_of
    from autocnn.space import write_candidate
    from autocnn.training import read_candidate_json

    best = [entry.trial for entry in front(store, study)]
    trials = ranked(study, store.trials(study.id))  # read after: it has those of the front
    if not trials:
        raise NoTrialSucceeded(f"no trial of {study.name!r} has a result yet")
    metric = objectives_of(study).metric
    trial = next((one for one in trials if one.number in best[:1]), trials[0])
    assert trial.candidate is not None
    candidate = read_candidate_json(trial.candidate)
    terminal.document(
        {
            "study": study.name,
            "state": study.state,
            "trial": trial.number,
            "metric": metric,
            "value": trial.best_value,
            "fidelity": fidelity_text(study.settings) or None,
            "candidate": candidate.to_json(),
        }
    )
    terminal.line(f"{study.name!r} is not finished; best so far: trial {trial.number}")
    show_network(terminal, table(candidate.architecture))
    value = measured(trial.best_value, metric)
    terminal.line(f"{metric} {value}{fidelity_note(study.settings)}")
    if output is not None:
        path = output / "best.yaml"
        write_text(path, write_candidate(candidate), force=force)
        terminal.note(f"wrote {path}; `autocnn train {path} --data SOURCE` trains it")


def _copy_bundle(bundle: Path, target: Path, *, force: bool) -> None:
    from autocnn.errors import Problem, SpaceError
    from autocnn.reuse.bundle import NEEDED
    from autocnn.reuse.folder import check_manifest, new_folder

    if target.resolve() == bundle.resolve():
        raise SpaceError(Problem("A13", "is the study's own bundle", str(target)))
    check_manifest(bundle, NEEDED)
    with new_folder(target, force=force) as temporary:
        for file in bundle.iterdir():
            shutil.copyfile(file, temporary / file.name)
