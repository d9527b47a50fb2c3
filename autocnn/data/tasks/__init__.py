"""The known tasks: what labels are, and what a network's outputs mean."""

from autocnn.data.tasks.classification import Classification
from autocnn.data.tasks.multilabel import Multilabel
from autocnn.data.tasks.regression import Regression
from autocnn.data.tasks.task import TASKS, Encoded, Fault, Scale, Task

__all__ = [
    "TASKS",
    "Classification",
    "Encoded",
    "Fault",
    "Multilabel",
    "Regression",
    "Scale",
    "Task",
]
