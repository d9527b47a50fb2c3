"""The history of a study, read back from the store."""

from __future__ import annotations

from autocnn import network
from autocnn.search.history import History, Trial
from autocnn.search.intake import Intake
from autocnn.space.layer import Counts
from autocnn.store import Store
from autocnn.training import read_candidate_json


def load_history(store: Store, study_id: str, intake: Intake, metric: str, sign: int) -> History:
    """Every trial with its scores: `metric` times `sign`, so that higher is better."""
    history = History()
    for row in store.trials(study_id):
        candidate = None if row.candidate is None else read_candidate_json(row.candidate)
        began = candidate is not None and row.state not in ("infeasible", "duplicate")
        counts = Counts() if candidate is None else network.cost(candidate.architecture)
        history.add(
            Trial(
                number=row.number,
                values=row.values,
                candidate=candidate,
                state=row.state,
                reason=row.reason,
                original=row.parent if row.state == "duplicate" else None,
                params=counts.params,
                macs=counts.macs,
                seed=row.seed or 0,
                ladder=intake.ladder(candidate) if candidate is not None and began else (),
                images=row.images,
                seconds=row.seconds,
                checkpoint=row.checkpoint,
                notes=row.notes,
            )
        )
    for point in store.progress(study_id):
        trial = history.trials[point.trial]
        value = point.metrics.get(metric)
        if value is not None:
            trial.note(point.images, sign * value)
        trial.speed = point.images_per_second or trial.speed
    return history
