"""From an architecture to its module, shapes and costs; torch is imported by `build` only."""

from autocnn.network import layers
from autocnn.network.blocks import BLOCKS
from autocnn.network.build import build, out_shape
from autocnn.network.cost import cost
from autocnn.network.registries import ACTIVATIONS, LAYERS, NORMS
from autocnn.network.table import table, totals

__all__ = [
    "ACTIVATIONS",
    "BLOCKS",
    "LAYERS",
    "NORMS",
    "build",
    "cost",
    "layers",
    "out_shape",
    "table",
    "totals",
]
