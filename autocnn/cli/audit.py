"""`autocnn audit`: whether short training ranks networks as long training does."""

from __future__ import annotations

from autocnn.cli import options
from autocnn.cli.terminal import Terminal


def audit(
    study: options.Study,
    *,
    store: options.Store = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Tell how well a study's rungs rank trials, over those that trained to their end.

    For every rung and epoch the rank correlation with the last value, with its 95 % interval; the
    noise between seeds, where the finals repeated a training; and what that says about the rungs.
    Under a stopping rule only good trials get to the end, which are harder to rank than all are:
    `search.stopping: none` is fair. `autocnn data` audits images.

    Example: autocnn audit fashion --store sqlite:///studies/autocnn.db
    """
    from autocnn.api import study_of
    from autocnn.cli.numbers import measured
    from autocnn.fidelity_text import fidelity_note, fidelity_text
    from autocnn.report.objective import Objective
    from autocnn.report.rung_audit import RungAudit
    from autocnn.report.study_frames import StudyFrames
    from autocnn.store import open_store

    terminal = Terminal(json, quiet, verbose)
    opened = open_store(store, create=False)
    record = study_of(opened, study)
    found = RungAudit.of(StudyFrames.read(opened, record.name))
    less = fidelity_text(record.settings)
    terminal.document({**found.to_json(), "fidelity": less or None})
    note = fidelity_note(record.settings)
    terminal.line(f"{record.name}: {found.complete} trials trained to their end{note}")
    if len(found.levels):
        heads = {"epochs": "right", "trials": "right", "rank correlation": "right", "95 %": "left"}
        rows = [
            (f"{row.epoch:.3g}", row.trials, f"{row.correlation:.2f}",
             f"{row.low:.2f} to {row.high:.2f}")
            for row in found.levels.itertuples()
        ]  # fmt: skip
        terminal.table(heads, rows)
    if found.noise is not None:
        metric = Objective.of(record.settings).metric
        repeats = f"{found.repeats} repeats" if found.repeats > 1 else "1 repeat"
        terminal.line(f"noise between seeds {measured(found.noise, metric)} ({repeats})")
    terminal.line(found.advice)
