"""The history of a study, read back from the store."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from autocnn import network
from autocnn.search.costs import MEASURED
from autocnn.search.history import History
from autocnn.search.intake import Intake
from autocnn.search.objectives import Objectives
from autocnn.search.pace import Pace
from autocnn.search.trial import NOTHING, Trial
from autocnn.space.layer import Counts
from autocnn.store import Store
from autocnn.training import read_candidate_json


def load_history(
    store: Store, study_id: str, intake: Intake, objectives: Objectives, pace: Pace
) -> History:
    """Every trial with its scores, turned so that higher is better."""
    history = History(pace=pace)
    metric, sign = objectives.metric, objectives.sign
    for row in store.trials(study_id):
        candidate = None if row.candidate is None else read_candidate_json(row.candidate)
        began = candidate is not None and row.state not in ("infeasible", "duplicate")
        counts = Counts() if candidate is None else network.cost(candidate.architecture)
        costs = {"params": counts.params, "macs": counts.macs, **row.notes.get(MEASURED, {})}
        history.add(
            Trial(
                number=row.number,
                values=_shared(row.values),
                made=candidate,
                state=row.state,
                reason=row.reason,
                original=row.parent if row.state == "duplicate" else None,
                params=counts.params,
                macs=counts.macs,
                costs=intake.costs.note(costs).get(MEASURED, NOTHING),
                seed=row.seed or 0,
                images=row.images,
                seconds=row.seconds,
                checkpoint=row.checkpoint,
                notes=row.notes,
                **(intake.course(candidate) if candidate is not None and began else {}),
            )
        )
        if candidate is not None:
            intake.costs.known(candidate, row.notes)
    for point in store.progress(study_id):
        trial = history.trials[point.trial]
        value = point.metrics.get(metric)
        if value is not None:
            vector = objectives.scores(point.metrics, trial.costs)
            trial.note(point.images, sign * value, vector)
        trial.time(point.images, point.images_per_second or trial.speed)
    return history


def _shared(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same with words that all trials share: each row of the store has its own."""
    return {
        sys.intern(name): sys.intern(value) if isinstance(value, str) else value
        for name, value in values.items()
    }
