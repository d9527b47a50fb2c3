"""A second device in the memory of the first, which refuses what a GPU refuses.

Its tensors wrap those of the CPU, on which they are computed, so that the same bits must come out
as on the CPU; an operation over tensors of both devices raises.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.backend_registration import (
    _DummyBackendModule,
    _DummyDeviceGuard,
    _setup_privateuseone_for_python_backend,
)

NAME = "other"

COPIES = ("aten::_to_copy", "aten::copy_")
READS = ("aten::_local_scalar_dense", "aten::nonzero", "aten::_to_copy")


class Wrapped(Tensor):
    """A tensor of the other device around the one that has its values."""

    inner: Tensor

    @staticmethod
    def __new__(cls, inner: Tensor) -> Wrapped:
        made = Tensor._make_wrapper_subclass(  # type: ignore[attr-defined]
            cls,
            inner.shape,
            strides=inner.stride(),
            storage_offset=inner.storage_offset(),
            dtype=inner.dtype,
            device=torch.device(NAME, 0),
        )
        made.inner = inner
        return made  # type: ignore[no-any-return]

    def __repr__(self, **_: Any) -> str:  # type: ignore[override]
        return f"Wrapped({self.inner!r})"

    @classmethod
    def __torch_dispatch__(cls, func: Any, _: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _computed(func, args, kwargs or {})


class OtherDevice(TorchDispatchMode):
    """While it is entered, tensors can be made on and moved to the other device.

    `reads` counts how often the CPU had to wait for it, by operation.
    """

    reads: Counter[str] = Counter()

    def __torch_dispatch__(self, func: Any, _: Any, args: Any = (), kwargs: Any = None) -> Any:
        return _computed(func, args, kwargs or {})


def _computed(func: Any, args: Any, kwargs: Any) -> Any:
    """The operation over the inner tensors, on whichever device it belongs to."""
    flat, form = pytree.tree_flatten((args, kwargs))
    name = func._schema.name
    tensors = [held for held in flat if isinstance(held, Tensor)]
    there = [held for held in tensors if isinstance(held, Wrapped)]
    wanted = [held for held in flat if isinstance(held, torch.device)]
    if there and name not in COPIES:
        here = [held for held in tensors if not isinstance(held, Wrapped) and held.ndim]
        if here:
            raise RuntimeError(f"{name}: tensors on two devices, {[h.shape for h in here]}")
    elsewhere = bool(there)
    if wanted:
        elsewhere = wanted[0].type == NAME
    elif name == "aten::copy_":
        elsewhere = isinstance(args[0], Wrapped)
    if there and name in READS and not (elsewhere and name == "aten::_to_copy"):
        OtherDevice.reads[name] += 1
    result = func(*_bare(form, flat, 0), **_bare(form, flat, 1))
    known = {id(held.inner): held for held in there}

    def wrapped(held: Any) -> Any:
        if not isinstance(held, Tensor) or not elsewhere:
            return held
        return known[id(held)] if id(held) in known else Wrapped(held)

    return pytree.tree_map(wrapped, result)


def _bare(form: Any, flat: list[Any], place: int) -> Any:
    def inner(held: Any) -> Any:
        if isinstance(held, torch.device):
            return torch.device("cpu")
        return held.inner if isinstance(held, Wrapped) else held

    return pytree.tree_unflatten([inner(held) for held in flat], form)[place]


class Module(_DummyBackendModule):
    free = 2**40

    def mem_get_info(self) -> tuple[int, int]:
        """Free and total bytes."""
        return self.free, 2**40

    def get_amp_supported_dtype(self) -> list[torch.dtype]:
        """What it computes in where precision is mixed."""
        return [torch.bfloat16]


class _Guard(_DummyDeviceGuard):
    def device_count(self) -> int:
        return 1


def install() -> None:
    """Make the device known to torch, for the rest of this process."""
    _setup_privateuseone_for_python_backend(NAME, Module(), device_guard=_Guard())
