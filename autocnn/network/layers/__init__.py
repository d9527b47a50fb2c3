"""The layers of the language; importing this package registers them all."""

from autocnn.network.layers.activation import Activation
from autocnn.network.layers.branches import Branches
from autocnn.network.layers.conv import Conv
from autocnn.network.layers.dropout import Dropout
from autocnn.network.layers.flatten import Flatten
from autocnn.network.layers.global_pool import GlobalPool
from autocnn.network.layers.group import Group
from autocnn.network.layers.identity import Identity
from autocnn.network.layers.linear import Linear
from autocnn.network.layers.norm import Norm
from autocnn.network.layers.pool import Pool
from autocnn.network.layers.residual import Residual
from autocnn.network.layers.se import SqueezeExcite
from autocnn.network.layers.zero import Zero

__all__ = [
    "Activation",
    "Branches",
    "Conv",
    "Dropout",
    "Flatten",
    "GlobalPool",
    "Group",
    "Identity",
    "Linear",
    "Norm",
    "Pool",
    "Residual",
    "SqueezeExcite",
    "Zero",
]
