"""Where in which cycle a training is."""

from __future__ import annotations


def place_in_cycle(done: float, cycles: int, growth: float = 1.0) -> tuple[int, float]:
    """The cycle, from 0, and the share of it in [0, 1] at a share `done` of the training.

    Each of the cycles is `growth` times as long as the one before, and all fill the training.
    """
    length = 1 / cycles if growth == 1 else (growth - 1) / (growth**cycles - 1)
    left = done
    for cycle in range(cycles - 1):
        if left < length - 1e-12:
            return cycle, left / length
        left -= length
        length *= growth
    return cycles - 1, min(1.0, max(0.0, left / length))
