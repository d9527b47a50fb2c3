"""Where in which cycle a training is."""

from __future__ import annotations


def place_in_cycle(done: float, cycles: int, growth: float = 1.0) -> tuple[int, float]:
    """The cycle, from 0, and the share of it in [0, 1] at a share `done` of the training.

    Each of the cycles is `growth` times as long as the one before, and all fill the training.
    """
    # From the last cycle backwards: the first may be too short for a number.
    last = 1 / cycles if growth == 1 else (1 - 1 / growth) / (1 - growth**-cycles)
    left = done
    for cycle in range(cycles - 1):
        length = last * growth ** (cycle + 1 - cycles)
        if left < length - 1e-12:
            return cycle, max(0.0, left / length)
        left -= length
    return cycles - 1, min(1.0, max(0.0, left / last))
