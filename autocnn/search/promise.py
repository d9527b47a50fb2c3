"""Which trials are likely to end best, however far each has come."""

from __future__ import annotations

import statistics
from itertools import islice

from autocnn.search.history import History
from autocnn.search.stopping import Rung
from autocnn.search.trial import Trial

PAIRS = 20
"""Of so many of the best that reached a rung the gain since the one before counts."""


def promising(history: History, count: int) -> list[Trial]:
    """The few trials to train in the finals, the most promising first.

    One that has come further has the better score for that alone. So those of the last rung but
    one are given what others gained from there on, the median of the best of these. Beside them
    stand the best few as they are, which are all where there are no rungs, or several objectives.
    """
    best, rungs = history.leaders(count), history.rungs()
    if any(trial.vector for trial in best):
        return best
    ahead, beyond, found = 0.0, Rung(0, {}, frozenset()), dict[int, float]()
    for rung in reversed(rungs[-2:]):
        both = [number for number in beyond.ranked()[:PAIRS] if number in rung.values]
        gains = [beyond.values[number] - rung.values[number] for number in both]
        ahead += statistics.median(gains) if gains else 0.0
        last = (n for n in rung.ranked() if n not in beyond.values and history.trials[n].succeeded)
        found |= {number: rung.values[number] + ahead for number in islice(last, count)}
        beyond = rung
    for trial in best:
        if trial.number not in found and trial.best is not None:
            found[trial.number] = history.worth(trial, trial.best[0])
    order = sorted(found, key=lambda number: (-found[number], number))
    return [history.trials[number] for number in order[:count]]
