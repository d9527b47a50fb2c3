"""The search: proposes candidates, trains them on workers, stops them, and runs the finals."""

from autocnn.search.finals import Outcome
from autocnn.search.measure import Score
from autocnn.search.opening import free_name, open_or_create, study_folder
from autocnn.search.run import Run, read_outcome, run_study
from autocnn.search.settings import Budget, Constraints, Objectives, SearchOptions
from autocnn.search.snapshot import Incumbent, RunningJob, Snapshot
from autocnn.search.stopping import STOPPING
from autocnn.search.strategies import STRATEGIES

__all__ = [
    "STOPPING",
    "STRATEGIES",
    "Budget",
    "Constraints",
    "Incumbent",
    "Objectives",
    "Outcome",
    "Run",
    "RunningJob",
    "Score",
    "SearchOptions",
    "Snapshot",
    "free_name",
    "open_or_create",
    "read_outcome",
    "run_study",
    "study_folder",
]
