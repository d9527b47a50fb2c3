"""The frames of one study, read once for all its views."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING

from autocnn.report.forest import Forest
from autocnn.report.objective import Objective
from autocnn.report.spread import siblings

if TYPE_CHECKING:
    import pandas as pd

    from autocnn.store import Store, StudyRecord
    from autocnn.store.follow import Follower


MOST_SEEDS = 9
"""Other seeds of a search that are read, at the most."""


@dataclass(frozen=True, eq=False)
class StudyFrames:
    """Everything that views of a study are drawn from, in the columns of `store.frames`.

    `candidate` of the trials is None throughout: ten thousand would take long to read. `others`
    are those of the same search with other seeds.
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
        from autocnn.store.follow import Follower
        from autocnn.store.frames import named

        study = named(store, name)
        follower = Follower(store, study)
        follower.update(inf)
        same = siblings(store.studies(), study)[:MOST_SEEDS] if seeds else []
        others = tuple(cls.read(store, other.name) for other in same)
        return replace(cls.followed(follower), others=others)

    @classmethod
    def followed(cls, follower: Follower) -> StudyFrames:
        """What a follower has read, without what is about trials that it has not read yet.

        The metric that is searched for becomes a column in any case.
        """
        study, trials = follower.study, follower.trials()
        points, metric = follower.progress(), Objective.of(study.settings).metric
        progress = points.reindex(columns=list(dict.fromkeys([*points.columns, metric])))

        def known(part: pd.DataFrame) -> pd.DataFrame:
            return part[part["trial"].isin(trials["number"])]

        others = known(progress), known(follower.decisions()), known(follower.finals())
        return cls(study, trials, *others, follower.events())

    @cached_property
    def forest(self) -> Forest | None:
        """What a small forest learned from the trials, grown when it is first asked for."""
        return Forest.of(self.trials, Objective.of(self.study.settings))
