"""Seeds of all that is drawn in a training."""

from __future__ import annotations

import hashlib

import torch


def derive(seed: int, concern: str, number: int) -> int:
    """A seed in [0, 2**63) for one concern (order, augmentation, network) at one moment.

    Every epoch and every step has its own, so that a resumed training needs no saved state of
    generators and nothing else in the process can disturb it.
    """
    text = f"{seed}/{concern}/{number}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def seed_of_rank(seed: int, rank: int) -> int:
    """The seed of what differs between processes that train together."""
    return derive(seed, "rank", rank) if rank else seed


def seed_torch(seed: int, device: str) -> None:
    """Seed what dropout and the like draw from on this device.

    For a GPU that there is not `torch.manual_seed` keeps the stack of its caller, which took a
    tenth of the steps of small networks.
    """
    if device == "cpu":
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)
