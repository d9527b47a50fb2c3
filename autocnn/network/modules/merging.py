"""Several tensors into one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import torch
from torch import Tensor

from autocnn.network.merge import Join, Merge

Maps = Tensor | tuple[Tensor, ...]
"""One map, or several that go together."""


def merged(merge: Merge, values: Sequence[Tensor]) -> Tensor:
    """Merge tensors of equal shape (`concat`: equal but for axis 1); one alone stays as it is."""
    if len(values) == 1:
        return values[0]
    match merge:
        case "concat":
            return torch.cat(tuple(values), dim=1)
        case "add":
            return reduce(torch.add, values)
        case "mean":
            return reduce(torch.add, values) / len(values)
        case "max":
            return reduce(torch.maximum, values)
        case "mul":
            return reduce(torch.mul, values)


def joined(join: Join, values: Sequence[Maps]) -> Maps:
    """Merge tensors, or put all that there are side by side."""
    if join != "none":
        return merged(join, values)  # type: ignore[arg-type]
    apart = [one for value in values for one in (value if isinstance(value, tuple) else (value,))]
    return tuple(apart) if len(apart) > 1 else apart[0]
