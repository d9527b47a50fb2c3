"""The known regularizers, beside an optimizer's own weight decay."""

from autocnn.training.regularizers.l1 import L1
from autocnn.training.regularizers.l2 import L2
from autocnn.training.regularizers.max_norm import MaxNorm
from autocnn.training.regularizers.regularizer import REGULARIZERS, Regularizer

__all__ = ["L1", "L2", "REGULARIZERS", "MaxNorm", "Regularizer"]
