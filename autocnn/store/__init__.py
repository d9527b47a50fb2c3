"""The store: an SQL database of studies; one coordinator per study writes, everyone reads."""

from autocnn.store.engine import plain_errors
from autocnn.store.hold import Hold, HoldLost
from autocnn.store.location import any_location, without_password
from autocnn.store.records import (
    ArchitectureRow,
    ArtifactRecord,
    ArtifactRow,
    Checkpoint,
    DecisionRecord,
    DecisionRow,
    EventRecord,
    FinalRecord,
    FinalRow,
    Holder,
    NewStudy,
    NewTrial,
    ProgressRecord,
    ProgressRow,
    StudyRecord,
    TrialRecord,
)
from autocnn.store.store import Store, check_name, open_store

__all__ = [
    "ArchitectureRow",
    "ArtifactRecord",
    "ArtifactRow",
    "Checkpoint",
    "DecisionRecord",
    "DecisionRow",
    "EventRecord",
    "FinalRecord",
    "FinalRow",
    "Hold",
    "HoldLost",
    "Holder",
    "NewStudy",
    "NewTrial",
    "ProgressRecord",
    "ProgressRow",
    "Store",
    "StudyRecord",
    "TrialRecord",
    "any_location",
    "check_name",
    "open_store",
    "plain_errors",
    "without_password",
]
