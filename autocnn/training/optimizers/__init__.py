"""The known optimizers: their options, and how torch builds them over groups of parameters."""

from autocnn.training.optimizers.adadelta import Adadelta
from autocnn.training.optimizers.adafactor import Adafactor
from autocnn.training.optimizers.adagrad import Adagrad
from autocnn.training.optimizers.adam import Adam
from autocnn.training.optimizers.adamax import Adamax
from autocnn.training.optimizers.adamw import AdamW
from autocnn.training.optimizers.asgd import ASGD
from autocnn.training.optimizers.ftrl import FTRL
from autocnn.training.optimizers.lion import Lion
from autocnn.training.optimizers.muon import Muon
from autocnn.training.optimizers.nadam import NAdam
from autocnn.training.optimizers.optimizer import OPTIMIZERS, Optimizer
from autocnn.training.optimizers.other import Other
from autocnn.training.optimizers.radam import RAdam
from autocnn.training.optimizers.rmsprop import RMSprop
from autocnn.training.optimizers.rprop import Rprop
from autocnn.training.optimizers.sam import SAM
from autocnn.training.optimizers.sgd import SGD

__all__ = [
    "ASGD", "FTRL", "OPTIMIZERS", "SAM", "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam",
    "AdamW", "Adamax", "Lion", "Muon", "NAdam", "Optimizer", "Other", "RAdam", "RMSprop", "Rprop",
]  # fmt: skip
