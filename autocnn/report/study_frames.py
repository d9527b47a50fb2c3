"""The frames of one study, read once for all its views."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from autocnn.report.forest import Forest
from autocnn.report.objective import Objective
from autocnn.report.spread import siblings

if TYPE_CHECKING:
    import pandas as pd

    from autocnn.store import Store, StudyRecord


MOST_SEEDS = 9
"""Other seeds of a search that are read, at the most."""


@dataclass(frozen=True, eq=False)
class StudyFrames:
    """Everything that views of a study are drawn from, in the columns of `store.frames`.

    `others` are those of the same search with other seeds.
    """

    study: StudyRecord
    trials: pd.DataFrame
    progress: pd.DataFrame
    decisions: pd.DataFrame
    finals: pd.DataFrame
    events: pd.DataFrame
    others: tuple[StudyFrames, ...] = ()

    @classmethod
    def read(cls, store: Store, name: str, *, seeds: bool = False) -> StudyFrames:
        """Read a study as it stands, with `seeds` also what differs from it in its seed alone.

        Raises StoreError if there is none of that name.
        """
        from autocnn.store import frames

        trials = frames.trials(store, name)
        study = store.study(name)
        assert study is not None  # the frames of its trials would have raised

        def known(part: pd.DataFrame) -> pd.DataFrame:
            """Without what a search that goes on has added since the trials were read."""
            return part[part["trial"].isin(trials["number"])]

        found = cls.of(
            study,
            trials,
            known(frames.progress(store, name)),
            known(frames.decisions(store, name)),
            known(frames.finals(store, name)),
            frames.events(store, name),
        )
        same = siblings(store, study)[:MOST_SEEDS] if seeds else []
        return replace(found, others=tuple(cls.read(store, other.name) for other in same))

    @classmethod
    def of(
        cls,
        study: StudyRecord,
        trials: pd.DataFrame,
        progress: pd.DataFrame,
        decisions: pd.DataFrame,
        finals: pd.DataFrame,
        events: pd.DataFrame,
    ) -> StudyFrames:
        """Put frames together; the metric that is searched for becomes a column in any case."""
        metric = Objective.of(study.settings).metric
        columns = list(dict.fromkeys([*progress.columns, metric]))
        return cls(study, trials, progress.reindex(columns=columns), decisions, finals, events)

    @cached_property
    def forest(self) -> Forest | None:
        """What a small forest learned from the trials, grown when it is first asked for."""
        return Forest.of(self.trials, Objective.of(self.study.settings))
