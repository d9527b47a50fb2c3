"""Two controls of a search, of equal seconds: random search, and one recipe without a search."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from autocnn.errors import NoTrialSucceeded, SpaceError

if TYPE_CHECKING:
    from autocnn.api import SearchResult
    from autocnn.space import Space
    from autocnn.store import Store, StudyRecord, TrialRecord

KEY = "controls"
"""The setting of a study that has what its controls came to."""

ALL_FOR_TRAINING = 0.97
"""The share of the time that goes into the one network of the control without a search."""

FOUND = "the first candidate, which an earlier search found, without another"
"""The control without a search where nothing else was trained."""

Control = tuple[str, "Space"]


def add_controls(
    store: Store,
    study: StudyRecord,
    space: Space,
    search: Callable[[Space], SearchResult],
) -> int | None:
    """Run the controls of a finished study and note in its settings what they came to.

    Each is a study of the same store, named after it, and is continued if it was interrupted.
    Returns the signal that came before both had ended, if one did.
    """
    found = []
    for control, changed in _controls(store, study, space):
        try:
            result = search(changed)
        except (NoTrialSucceeded, SpaceError) as error:  # such as a study of another space there
            with store.hold(study.id) as hold:
                hold.add_event("warning", f"control, {control}: {error}")
            continue
        if result.outcome is None:
            return result.signal
        score = result.outcome.test or result.outcome.validation
        found.append(
            {
                "control": control,
                "study": result.study,
                "split": "validation" if result.outcome.test is None else "test",
                "metric": score.metric,
                "value": score.value,
                "low": score.low,
                "high": score.high,
            }
        )
    with store.hold(study.id) as hold:
        hold.set_study(settings={**study.settings, KEY: found})
    return None


def _searched(trial: TrialRecord) -> bool:
    """Whether an earlier study of the store found a trial's candidate."""
    return " of the study " in str(trial.notes.get("start", ""))


def _controls(store: Store, study: StudyRecord, space: Space) -> Iterator[Control]:
    """What is run: the same space by random search, then its first candidate alone."""
    from autocnn.space import imports_allowed, load_space

    budget = json.dumps({"time": max(1.0, study.seconds)})
    plain = {"search.start": "none", "search.controls": "false", "search.inherit": "false"}
    plain |= {"search.strategy": "random", "search.screen": "none", "budget": budget}
    trained = [t for t in store.trials(study.id) if t.best_value is not None]
    trained = [t for t in trained if t.state != "failed"]
    first = min(trained, key=lambda t: (_searched(t), t.number))
    assert first.candidate is not None
    fixed = {
        **space.document,
        "architecture": first.candidate["architecture"],
        "training": first.candidate["training"],
    }
    for key in ("define", "defaults", "blocks"):
        fixed.pop(key, None)
    finals = {"search.finals.share": ALL_FOR_TRAINING, "search.finals.candidates": 1}
    alone = {**finals, "search.fidelity": "none"}
    with imports_allowed():  # they were, for the space
        for control, source, changes in (
            ("random search", dict(space.document), {}),
            (FOUND if _searched(first) else "the first candidate without a search", fixed, alone),
        ):
            name = f"{study.name}-{'fixed' if changes else 'random'}"
            every = {"study": json.dumps(name), **plain, **changes}
            overrides = [f"{path}={value}" for path, value in every.items()]
            yield control, load_space(source, space.language, overrides=overrides)
