"""From an architecture to its torch module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.network.chain import chain_module, chain_shape
from autocnn.space.candidate import Architecture
from autocnn.space.layer import Shape

if TYPE_CHECKING:
    from torch import nn


def out_shape(architecture: Architecture) -> Shape:
    """The output shape for one image, `(classes,)` for a classifier; raises ShapeError."""
    return chain_shape(architecture.layers, architecture.shape)


def build(architecture: Architecture) -> nn.Module:
    """The module for input (N, C, H, W), freshly initialised from torch's random state.

    Submodules have the paths of `table`: `conv_0`, `mbconv_2.residual_0.body.conv_1`. The state
    depends on `torch.manual_seed` only. Raises ShapeError.
    """
    return chain_module(architecture.layers, architecture.shape)
