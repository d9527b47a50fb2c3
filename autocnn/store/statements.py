"""The statements of every result, made once: to make one takes longer than to run it."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from autocnn.store.engine import clock
from autocnn.store.tables import ARCHITECTURE, DECISION, PROGRESS, STUDY, TRIAL

ALIVE = (
    update(STUDY)
    .where(
        STUDY.c.id == bindparam("of_study"),
        STUDY.c.holder_token == bindparam("of_token"),
    )
    .values(holder_seen=clock())
)
ADD_ARCHITECTURE = {
    "postgresql": postgresql.insert(ARCHITECTURE).on_conflict_do_nothing(),
    "sqlite": sqlite.insert(ARCHITECTURE).on_conflict_do_nothing(),
}
"""By dialect. Another study may add the same one at this moment."""
KNOWN_POINT = select(PROGRESS.c.metrics).where(
    PROGRESS.c.study == bindparam("of_study"),
    PROGRESS.c.trial == bindparam("of_trial"),
    PROGRESS.c.images == bindparam("of_images"),
)
KNOWN_DECISION = select(DECISION.c.action).where(
    DECISION.c.study == bindparam("of_study"),
    DECISION.c.trial == bindparam("of_trial"),
    DECISION.c.rung == bindparam("of_rung"),
    DECISION.c.action == bindparam("of_action"),
)
CHANGE = update(TRIAL).where(
    TRIAL.c.study == bindparam("of_study"), TRIAL.c.number == bindparam("of_trial")
)
BEGIN = CHANGE.values(
    started=func.coalesce(TRIAL.c.started, bindparam("moment", type_=TRIAL.c.started.type))
)
