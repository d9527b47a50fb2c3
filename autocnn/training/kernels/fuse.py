"""Let a network use these loops."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from torch import Tensor, nn

from autocnn.training.kernels.batch_norm import FastBatchNorm2d
from autocnn.training.kernels.conv import FastConv2d
from autocnn.training.kernels.max_pool import FastMaxPool2d
from autocnn.training.kernels.tiles import SIDE, available
from autocnn.training.precision import StridedConv2d


class FusedReLU(nn.ReLU):
    """A ReLU that the norm before it has done already."""

    def forward(self, x: Tensor) -> Tensor:
        return x


def fuse(module: nn.Module, tiles: bool) -> None:
    """Change the classes of norms, of the ReLUs right after them, of max pooling and convolutions.

    Convolutions use `tiles`, if the processor still has them, as it may not on another machine.

    Names and values of parameters stay as they are. A norm and its ReLU become one only inside a
    `nn.Sequential` that is our own, since a user's layer may call the parts of its one by one.
    """
    for part in module.modules():
        if type(part) is nn.BatchNorm2d:
            part.__class__ = FastBatchNorm2d
        elif type(part) is nn.MaxPool2d:
            part.__class__ = FastMaxPool2d
    if tiles and available():
        for part in module.modules():
            if type(part) in (nn.Conv2d, StridedConv2d) and _fit_tiles(part):
                part.__class__ = FastConv2d
    for chain in _chains(module):
        for norm, after in pairwise(_in_order(chain)):
            if type(norm) is FastBatchNorm2d and type(after) is nn.ReLU:
                norm.rectified = True
                after.__class__ = FusedReLU


def _fit_tiles(conv: nn.Module) -> bool:
    assert isinstance(conv, nn.Conv2d)
    whole = conv.in_channels % SIDE == conv.out_channels % SIDE == 0 and conv.groups == 1
    return whole and conv.padding_mode == "zeros" and not isinstance(conv.padding, str)


def _chains(module: nn.Module) -> Iterator[nn.Sequential]:
    """The outermost sequences of layers in a network and in our modules inside it."""
    if type(module) is nn.Sequential:
        yield module
        inside = list(_in_order(module))
    else:
        inside = [module]
    for part in inside:
        ours = type(part).__module__.startswith("autocnn.network.")
        if ours or type(part) in (nn.ModuleList, nn.ModuleDict):
            for child in part.children():
                yield from _chains(child)


def _in_order(chain: nn.Sequential) -> Iterator[nn.Module]:
    """The modules of a sequence in the order in which they run."""
    for part in chain:
        if type(part) is nn.Sequential:
            yield from _in_order(part)
        else:
            yield part
