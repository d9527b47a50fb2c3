"""The known schedules: the learning rate's factor as a function of progress."""

from autocnn.training.schedules.constant import Constant
from autocnn.training.schedules.cosine import Cosine
from autocnn.training.schedules.cosine_restarts import CosineRestarts
from autocnn.training.schedules.exponential import Exponential
from autocnn.training.schedules.multi_step import MultiStep
from autocnn.training.schedules.onecycle import OneCycle
from autocnn.training.schedules.plateau import Plateau
from autocnn.training.schedules.polynomial import Polynomial
from autocnn.training.schedules.schedule import SCHEDULES, Schedule
from autocnn.training.schedules.step import Step
from autocnn.training.schedules.triangular import Triangular

__all__ = [
    "SCHEDULES", "Constant", "Cosine", "CosineRestarts", "Exponential", "MultiStep", "OneCycle",
    "Plateau", "Polynomial", "Schedule", "Step", "Triangular",
]  # fmt: skip
