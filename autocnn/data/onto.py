"""Bring tensors to the device that computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def onto(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """The tensor on a device; the processor goes on before a GPU has all of it."""
    if device.type == "cuda" and tensor.device.type == "cpu":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
