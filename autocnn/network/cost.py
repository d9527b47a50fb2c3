"""What an architecture costs, without building it."""

from __future__ import annotations

from autocnn.network.chain import chain_counts
from autocnn.space.candidate import Architecture
from autocnn.space.layer import Counts


def cost(architecture: Architecture) -> Counts:
    """Parameters, MACs and activations for one image; raises ShapeError.

    MACs count convolutions and linear layers without bias (FLOPs are twice that), activations
    their output values (https://arxiv.org/abs/2003.13678).
    """
    return chain_counts(architecture.layers, architecture.shape)
