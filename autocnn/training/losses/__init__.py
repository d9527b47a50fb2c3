"""The known losses for classification."""

from autocnn.training.losses.cross_entropy import CrossEntropy
from autocnn.training.losses.focal import Focal
from autocnn.training.losses.loss import LOSSES, Loss

__all__ = ["LOSSES", "CrossEntropy", "Focal", "Loss"]
