"""The networks between which a search for several objectives leaves the choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autocnn.cli.terminal import Terminal
    from autocnn.search.front import Placed
    from autocnn.store import Store, StudyRecord


def show_front(terminal: Terminal, store: Store, study: StudyRecord) -> None:
    """The trials that no other dominates, the knee first, each with all objectives.

    Raises SpaceError where the study has one objective: there is nothing to choose then.
    """
    from autocnn.errors import Problem, SpaceError
    from autocnn.search.front import front, objectives_of

    objectives = objectives_of(study)
    if not objectives.several:
        text = f"{study.name!r} has one objective, {objectives.metric}: its best trial is all"
        raise SpaceError(Problem("Y34", text, "--front"))
    found = front(store, study)
    terminal.document([{"trial": entry.trial, **entry.values} for entry in found])
    list_front(terminal, found, study)


def list_front(terminal: Terminal, found: Sequence[Placed], study: StudyRecord) -> None:
    """The same as a table; nothing where there is no front."""
    from autocnn.cli.numbers import measured
    from autocnn.fidelity_text import fidelity_note
    from autocnn.report.layers import short
    from autocnn.search.objectives import COSTS

    if not found:
        return
    heads = ("trial", *(name.removeprefix("val_") for name in found[0].values))
    rows = [
        (
            entry.trial,
            *(
                short(value) if name in COSTS else measured(value, name)
                for name, value in entry.values.items()
            ),
        )
        for entry in found
    ]
    terminal.table(dict.fromkeys(heads, "right"), rows, title="no trial is better than these")
    terminal.line(
        f"as they were in the search{fidelity_note(study.settings)}; trial {found[0].trial} is "
        f"the knee, and `autocnn describe {study.name}:TRIAL` shows one"
    )
