"""The layers of the language; importing this package registers them all."""

from autocnn.network.layers.activation import Activation
from autocnn.network.layers.adaptive_pool import AdaptivePool
from autocnn.network.layers.branches import Branches
from autocnn.network.layers.cbam import CBAM
from autocnn.network.layers.conv import Conv
from autocnn.network.layers.dropout import Dropout
from autocnn.network.layers.eca import EfficientChannelAttention
from autocnn.network.layers.flatten import Flatten
from autocnn.network.layers.global_pool import GlobalPool
from autocnn.network.layers.graph import Graph
from autocnn.network.layers.group import Group
from autocnn.network.layers.identity import Identity
from autocnn.network.layers.linear import Linear
from autocnn.network.layers.norm import Norm
from autocnn.network.layers.pool import Pool
from autocnn.network.layers.residual import Residual
from autocnn.network.layers.resize import Resize
from autocnn.network.layers.scale import Scale
from autocnn.network.layers.se import SqueezeExcite
from autocnn.network.layers.shuffle import Shuffle
from autocnn.network.layers.spatial_attention import SpatialAttention
from autocnn.network.layers.zero import Zero

__all__ = [
    "CBAM",
    "Activation",
    "AdaptivePool",
    "Branches",
    "Conv",
    "Dropout",
    "EfficientChannelAttention",
    "Flatten",
    "GlobalPool",
    "Graph",
    "Group",
    "Identity",
    "Linear",
    "Norm",
    "Pool",
    "Residual",
    "Resize",
    "Scale",
    "Shuffle",
    "SpatialAttention",
    "SqueezeExcite",
    "Zero",
]
