"""`autocnn studies` and `autocnn trials`: what the store holds."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autocnn.cli import options
from autocnn.cli.terminal import Terminal
from autocnn.fidelity_text import fidelity_note, fidelity_text

if TYPE_CHECKING:
    from autocnn.store import Store, StudyRecord, TrialRecord

SECONDS = 2.0
"""Between one look and the next of `--watch`."""


def studies(
    *,
    csv: options.Csv = False,
    watch: options.Watch = False,
    store: options.Store = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """List the studies of a store: the best trial of the search and what the finals came to.

    Example: autocnn studies --store sqlite:///studies/autocnn.db
    """
    from autocnn.store import open_store

    terminal = Terminal(json, quiet, verbose, csv)
    opened = open_store(store, create=False)
    shown = repeated(lambda: _list_studies(terminal, opened), watch=watch)
    if not shown:
        terminal.note("no studies yet; `autocnn search SPACE` makes one")


def _final(store: Store, study: StudyRecord) -> float | None:
    """The objective of the network that the finals chose, on validation."""
    from autocnn.search.choice import Choice
    from autocnn.search.reading import read_outcome

    choice = Choice.of(study.settings)
    if choice is None:
        return None
    value: float = read_outcome(store, study, choice).validation.details["objective"]["value"]
    return value


def _list_studies(terminal: Terminal, store: Store) -> tuple[int, bool]:
    """Print the studies; how many there are, and whether one is still searched."""
    from autocnn.cli.numbers import clock, measured
    from autocnn.report.objective import Objective

    rows, documents, going_on = [], [], False
    for study in store.studies():
        going_on |= study.state == "running" and study.holder is not None
        trials = store.trials(study.id)
        metric = Objective.of(study.settings).metric
        best = next((trial.best_value for trial in ranked(study, trials)), None)
        final = _final(store, study)
        created = study.created.astimezone().strftime("%Y-%m-%d %H:%M")
        rows.append(
            (study.name, study.state, len(trials),
             measured(best, metric) + fidelity_note(study.settings), measured(final, metric),
             clock(study.seconds), created)
        )  # fmt: skip
        documents.append(
            {
                "name": study.name,
                "state": study.state,
                "phase": study.phase,
                "trials": dict(Counter(trial.state for trial in trials)),
                "best": best,
                "final": final,
                "metric": metric,
                "fidelity": fidelity_text(study.settings) or None,
                "seconds": study.seconds,
                "created": study.created.isoformat(),
                "data_fingerprint": study.data_fingerprint,
            }
        )
    terminal.documents(documents)
    heads = ("study", "state", "trials", "best", "final", "time", "created")
    numbers = ("trials", "best", "final", "time")
    if rows:
        terminal.table({head: "right" if head in numbers else "left" for head in heads}, rows)
    return len(rows), going_on


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
    csv: options.Csv = False,
    watch: options.Watch = False,
    store: options.Store = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """List the trials of a study.

    Example: autocnn trials fashion --best 10
    """
    from autocnn.errors import Problem, SpaceError, suggest
    from autocnn.store import open_store
    from autocnn.store.words import TRIAL_STATES

    terminal = Terminal(json, quiet, verbose, csv)
    if state is not None and state not in TRIAL_STATES:
        text = f"unknown state {state!r}{suggest(state, TRIAL_STATES)}; known: "
        raise SpaceError(Problem("Y33", text + ", ".join(TRIAL_STATES), "--state"))
    opened = open_store(store, create=False)
    repeated(lambda: _list_trials(terminal, opened, study, best, state), watch=watch)


def _list_trials(
    terminal: Terminal, store: Store, study: str, best: int | None, state: str | None
) -> tuple[int, bool]:
    """Print the trials; how many there are, and whether the study is still searched."""
    from autocnn.api import study_of
    from autocnn.cli.numbers import measured
    from autocnn.search.front import objectives_of, placed
    from autocnn.search.screen import SCORED
    from autocnn.store.frames import architectures

    record = study_of(store, study)
    metric = objectives_of(record).metric
    found = [trial for trial in store.trials(record.id) if state in (None, trial.state)]
    if best is not None:
        found = ranked(record, found)[:best]
    digests = sorted({trial.architecture for trial in found if trial.architecture})
    frame = architectures(store, study, digests).set_index("digest")
    costs = {digest: (int(row.params), int(row.macs)) for digest, row in frame.iterrows()}
    for trial in found:
        if terminal.verbose and trial.detail:
            terminal.detail(f"trial {trial.number}: {trial.detail}")
    values = {entry.trial: dict(entry.values) for entry in placed(store, record)}
    others = [
        name for name in objectives_of(record).wanted if name not in (metric, "params", "macs")
    ]
    for trial in found:
        values.setdefault(trial.number, {}).update(trial.notes.get(SCORED, {}))
    others += sorted({name for trial in found for name in trial.notes.get(SCORED, {})})
    terminal.documents(
        [
            {
                **_document(trial, metric, costs.get(trial.architecture)),
                "fidelity": fidelity_text(record.settings) or None,
                **{name: values.get(trial.number, {}).get(name) for name in others},
            }
            for trial in found
        ]
    )
    heads = {
        "trial": "right", "state": "left", metric.removeprefix("val_"): "right", "epoch": "right",
        "params": "right", "MACs": "right", "time": "right",
        **{name.removeprefix("val_"): "right" for name in others},
    }  # fmt: skip
    rows = [
        (
            *_row(trial, metric, costs.get(trial.architecture)),
            *(measured(values.get(trial.number, {}).get(name), name) for name in others),
        )
        for trial in found
    ]
    terminal.table(heads, rows)
    if less := fidelity_text(record.settings):
        terminal.line(f"values are of trials trained on {less}, not of the whole networks")
    return len(found), record.state == "running" and record.holder is not None


def repeated(show: Callable[[], tuple[int, bool]], *, watch: bool) -> int:
    """Show a table once or, with `watch`, every other second while it may change."""
    while True:
        if watch and sys.stdout.isatty():
            print("\x1b[H\x1b[2J", end="")
        count, goes_on = show()
        if not (watch and goes_on):
            return count
        time.sleep(SECONDS)


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
        "device": trial.device,
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


def ranked(study: StudyRecord, trials: Iterable[TrialRecord]) -> list[TrialRecord]:
    """The trials that count, best first."""
    from autocnn.report.objective import Objective

    sign = -1 if Objective.of(study.settings).maximize else 1
    own = [trial for trial in trials if trial.counts]
    return sorted(own, key=lambda trial: (sign * (trial.best_value or 0.0), trial.number))
