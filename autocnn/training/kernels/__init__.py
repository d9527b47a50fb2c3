"""Loops compiled by numba for what torch does slowly on a CPU with bfloat16 maps, channels last.

Arrays hold the bits of bfloat16 as uint16. Each loop runs in one thread in a fixed order, so that
the same arguments give the same bits. The compiled code is kept on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Bits = NDArray[np.uint16]

FASTMATH = {"contract", "reassoc", "arcp", "nsz"}
"""Sums may be reordered and multiplications and additions fused; NaN and infinity stay exact."""


def compiled(function: Callable[..., None]) -> Callable[..., None]:
    """The function as machine code, kept on disk where there is a place for it."""
    try:
        return numba.njit(cache=True, fastmath=FASTMATH)(function)
    except RuntimeError:  # neither the package's folder nor the user's can be written
        return numba.njit(fastmath=FASTMATH)(function)


@numba.njit(inline="always")
def value(bits: Any) -> Any:
    """The float32 of a bfloat16."""
    return np.uint32(np.uint32(bits) << np.uint32(16)).view(np.float32)


@numba.njit(inline="always")
def rounded(number: Any) -> Any:
    """The nearest bfloat16 of a float32, ties to even; a NaN that arithmetic made stays one."""
    bits = np.uint32(np.float32(number).view(np.uint32))
    half = np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return np.uint16((bits + half) >> np.uint32(16))


def fits(x: Tensor) -> bool:
    """Whether the loops take this map (N, C, H, W), and no other threads would help torch."""
    return (
        x.dtype == torch.bfloat16
        and x.device.type == "cpu"
        and x.ndim == 4
        and x.numel() > 0
        and torch.get_num_threads() == 1
        and x.is_contiguous(memory_format=torch.channels_last)
    )


def bits(x: Tensor) -> Bits:
    """The memory of such a map as uint16 (N, H, W, C)."""
    found: Bits = x.detach().permute(0, 2, 3, 1).view(torch.int16).numpy().view(np.uint16)
    return found


def empty(like: Tensor, shape: Sequence[int]) -> Tensor:
    """A map of this shape (N, C, H, W), unfilled, that the loops can fill."""
    return torch.empty(
        tuple(shape), dtype=like.dtype, device=like.device, memory_format=torch.channels_last
    )
