"""`autocnn studies` and `autocnn trials`: what the store holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.store import StudyRecord, TrialRecord


def studies(
    store: options.Store = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """List the studies of a store.

    Example: autocnn studies --store sqlite:///studies/autocnn.db
    """
    from autocnn.cli.numbers import clock, measured
    from autocnn.store import open_store

    terminal = Terminal(json, quiet, verbose)
    opened = open_store(store, create=False)
    rows, documents = [], []
    for study in opened.studies():
        trials = opened.trials(study.id)
        metric, largest = objective(study)
        values = [trial.best_value for trial in trials if trial.best_value is not None]
        best = (max(values) if largest else min(values)) if values else None
        created = study.created.astimezone().strftime("%Y-%m-%d %H:%M")
        rows.append(
            (study.name, study.state, len(trials), measured(best, metric), clock(study.seconds),
             created)
        )  # fmt: skip
        documents.append(
            {
                "name": study.name,
                "state": study.state,
                "phase": study.phase,
                "trials": dict(Counter(trial.state for trial in trials)),
                "best": best,
                "metric": metric,
                "seconds": study.seconds,
                "created": study.created.isoformat(),
                "data_fingerprint": study.data_fingerprint,
            }
        )
    terminal.document(documents)
    if not rows:
        terminal.note("no studies yet; `autocnn search SPACE` makes one")
        return
    heads = ("study", "state", "trials", "best", "time", "created")
    numbers = ("trials", "best", "time")
    terminal.table({head: "right" if head in numbers else "left" for head in heads}, rows)


def trials(
    study: options.Study,
    *,
    best: Annotated[
        int | None,
        typer.Option("--best", min=1, help="Only so many of the best.", show_default=False),
    ] = None,
    state: Annotated[
        str | None,
        typer.Option("--state", help="Only trials in this state.", show_default=False),
    ] = None,
    store: options.Store = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """List the trials of a study.

    Example: autocnn trials fashion --best 10
    """
    from autocnn.api import study_of
    from autocnn.errors import Problem, SpaceError, suggest
    from autocnn.store import open_store
    from autocnn.store.frames import architectures
    from autocnn.store.words import TRIAL_STATES

    terminal = Terminal(json, quiet, verbose)
    if state is not None and state not in TRIAL_STATES:
        text = f"unknown state {state!r}{suggest(state, TRIAL_STATES)}; known: "
        raise SpaceError(Problem("Y33", text + ", ".join(TRIAL_STATES), "--state"))
    opened = open_store(store, create=False)
    record = study_of(opened, study)
    metric, _ = objective(record)
    found = [trial for trial in opened.trials(record.id) if state in (None, trial.state)]
    if best is not None:
        found = ranked(record, found)[:best]
    frame = architectures(opened, study).set_index("digest")
    costs = {digest: (int(row.params), int(row.macs)) for digest, row in frame.iterrows()}
    for trial in found:
        if verbose and trial.detail:
            terminal.detail(f"trial {trial.number}: {trial.detail}")
    terminal.document([_document(trial, metric, costs.get(trial.architecture)) for trial in found])
    heads = {
        "trial": "right", "state": "left", metric.removeprefix("val_"): "right", "epoch": "right",
        "params": "right", "MACs": "right", "time": "right",
    }  # fmt: skip
    terminal.table(heads, [_row(trial, metric, costs.get(trial.architecture)) for trial in found])


Costs = tuple[int, int]
"""Parameters and MACs of a trial's network."""


def _document(trial: TrialRecord, metric: str, costs: Costs | None) -> dict[str, Any]:
    params, macs = costs or (None, None)
    return {
        "number": trial.number,
        "state": trial.state,
        "reason": trial.reason,
        "detail": trial.detail,
        "value": trial.best_value,
        "metric": metric,
        "epoch": trial.best_epoch,
        "images": trial.images,
        "params": params,
        "macs": macs,
        "seconds": trial.seconds,
        "values": trial.values,
        "parent": trial.parent,
    }


def _row(trial: TrialRecord, metric: str, costs: Costs | None) -> tuple[Any, ...]:
    from autocnn.cli.numbers import clock, measured
    from autocnn.report.layers import short

    return (
        trial.number,
        f"{trial.state}: {trial.reason}" if trial.reason else trial.state,
        measured(trial.best_value, metric),
        "-" if trial.best_epoch is None else f"{trial.best_epoch:.3g}",
        *(("-", "-") if costs is None else map(short, costs)),
        clock(trial.seconds),
    )


def objective(study: StudyRecord) -> tuple[str, bool]:
    """The metric that the study searches for and whether larger is better."""
    for metric, direction in study.settings.get("objectives", {}).items():
        if direction:
            return metric, direction == "maximize"
    return "val_accuracy", True


def ranked(study: StudyRecord, trials: Iterable[TrialRecord]) -> list[TrialRecord]:
    """The trials that have a value, best first, duplicates left out."""
    sign = -1 if objective(study)[1] else 1
    own = [t for t in trials if t.best_value is not None and t.state != "duplicate"]
    return sorted(own, key=lambda trial: (sign * (trial.best_value or 0.0), trial.number))
