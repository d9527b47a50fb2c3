"""The known losses, each for some tasks."""

from autocnn.training.losses.asymmetric import Asymmetric
from autocnn.training.losses.binary_cross_entropy import BinaryCrossEntropy
from autocnn.training.losses.cross_entropy import CrossEntropy
from autocnn.training.losses.focal import Focal
from autocnn.training.losses.huber import Huber
from autocnn.training.losses.l1 import L1
from autocnn.training.losses.l2 import L2
from autocnn.training.losses.loss import LOSSES, Loss
from autocnn.training.losses.smooth_l1 import SmoothL1

__all__ = [
    "L1",
    "L2",
    "LOSSES",
    "Asymmetric",
    "BinaryCrossEntropy",
    "CrossEntropy",
    "Focal",
    "Huber",
    "Loss",
    "SmoothL1",
]
