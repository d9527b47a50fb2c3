"""Trials in the order of their scores, kept up as single scores come."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right


class Ranking:
    """Trial numbers from the best score down, the earlier trial ahead of equals.

    Sorting all of them anew for each result would take longer than a small training, from a few
    thousand trials on. A score that is no number has no place.
    """

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.scores: dict[int, float] = {}
        self._losses: list[float] = []

    def __len__(self) -> int:
        return len(self.numbers)

    def put(self, number: int, score: float) -> None:
        """Give a trial the place of its score, whatever it had before."""
        if self.scores.get(number) == score:
            return
        self.drop(number)
        self.scores[number] = score
        if not math.isnan(score):
            place = self._place(number, score)
            self._losses.insert(place, -score)
            self.numbers.insert(place, number)

    def drop(self, number: int) -> None:
        """Take a trial out, if it is there."""
        score = self.scores.pop(number, math.nan)
        if not math.isnan(score):
            place = self._place(number, score)
            del self._losses[place], self.numbers[place]

    def _place(self, number: int, score: float) -> int:
        first, end = bisect_left(self._losses, -score), bisect_right(self._losses, -score)
        return bisect_left(self.numbers, number, first, end)
