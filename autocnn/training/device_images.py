"""The images of a part, ready for the device that trains on them."""

from __future__ import annotations

import torch
from torch import Tensor

from autocnn.data import Part
from autocnn.data.onto import onto

SHARE = 0.25
"""The most of a GPU's free memory that images may take; the rest is for the network."""

CHUNK = 1024
"""Images that are copied at once."""


class DeviceImages:
    """On a GPU all images of a part lie in its memory as uint8, if they fit.

    Else, and on the CPU, each batch is read from their file, which the system keeps in memory.
    """

    def __init__(self, part: Part, device: torch.device):
        self._part, self._device = part, device
        self._held = _copied(part, device) if _fits(part, device) else None

    def gather(self, chosen: Tensor) -> Tensor:
        """The chosen ones, int64 `(N,)` on the CPU, as uint8 `(N, C, H, W)` in channels-last."""
        if self._held is None:
            return onto(gather(self._part, chosen), self._device)
        return self._held.index_select(0, onto(chosen, self._device)).permute(0, 3, 1, 2)


def gather(part: Part, chosen: Tensor) -> Tensor:
    """The chosen images of a part as uint8 `(N, C, H, W)` in channels-last layout, on the CPU."""
    return part.images.index_select(0, part.indices[chosen]).permute(0, 3, 1, 2)


def _fits(part: Part, device: torch.device) -> bool:
    if device.type == "cpu":
        return False
    free: int = torch.get_device_module(device).mem_get_info()[0]
    return len(part) * part.images[0].numel() <= SHARE * free


def _copied(part: Part, device: torch.device) -> Tensor:
    """All images `(N, H, W, C)` on the device."""
    images = part.images
    held = torch.empty((len(part), *images.shape[1:]), dtype=images.dtype, device=device)
    for place, rows in zip(held.split(CHUNK), part.indices.split(CHUNK), strict=True):  # type: ignore[no-untyped-call]
        place.copy_(images.index_select(0, rows))
    return held
