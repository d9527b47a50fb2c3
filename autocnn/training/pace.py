"""How far a training is and whether the time allows another step."""

from __future__ import annotations

import time

EVALUATION_SHARE = 0.6
"""Seconds per image of an evaluation over those of a training step, before one was measured.

A forward pass takes about a third of a step; the rest is a margin.
"""

MARGIN = 1.25
"""Factor on a measured evaluation, for one that comes at a busier moment."""

SMOOTHING = 0.2


class Pace:
    """Progress as a share in [0, 1], by images or, where it is fitted to the deadline, by time.

    Fitted, the share is the larger of the share of images and the share of the time, so that the
    schedule reaches its end at the deadline at the latest. The time to evaluate `evaluated`
    images is kept free before the deadline.
    """

    def __init__(
        self,
        horizon: int,
        *,
        evaluated: int,
        deadline: float | None,
        fitted: bool,
        share: float,
    ):
        self._horizon, self._evaluated, self.deadline = horizon, evaluated, deadline
        self._fitted = fitted and deadline is not None
        self._began, self._first = time.monotonic(), share
        self._share = share
        self._step = 0.0
        self._reserve = 0.0
        self._measured = False

    def share(self, images: int) -> float:
        """The share of the training that is done after so many images; never falls."""
        share = min(1.0, images / self._horizon)
        if self._fitted and self.deadline is not None:
            available = self.deadline - self._reserve - self._began
            spent = (time.monotonic() - self._began) / available if available > 0 else 1.0
            share = max(share, min(1.0, self._first + (1 - self._first) * spent))
            self._share = share = max(self._share, share)
        return share

    def note_step(self, seconds: float, images: int, steps: int = 1) -> None:
        """Take in how long steps over so many images took, or would over those of full size."""
        seconds, each, first = seconds / steps, images / steps, self._step == 0.0
        self._step = seconds if first else self._step + SMOOTHING * (seconds - self._step)
        if not self._measured:
            self._reserve = EVALUATION_SHARE * self._step * self._evaluated / each

    def note_evaluation(self, seconds: float) -> None:
        """Take in how long an evaluation took."""
        self._reserve, self._measured = MARGIN * seconds, True

    def is_done(self, images: int, reason: str | None) -> bool:
        """Whether a training that stands at so many images for this reason is at its end."""
        return images >= self._horizon or (self._fitted and reason == "deadline")

    def is_over(self) -> bool:
        """Whether one more step and the evaluation after it would end after the deadline."""
        if self.deadline is None:
            return False
        return time.monotonic() + self._step + self._reserve >= self.deadline
