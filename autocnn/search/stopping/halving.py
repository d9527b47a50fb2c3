"""What the rules of successive halving have in common."""

from __future__ import annotations

from autocnn.search.stopping.rule import Decision, Rung


def powers(first: float, factor: float, horizon: float) -> tuple[float, ...]:
    """Rungs at `first`, `first * factor`, ... epochs; the last step may be shorter or longer."""
    rungs = []
    level = first
    while level < horizon / 1.5:
        rungs.append(level)
        level *= factor
    return (*rungs, horizon)


def climb(rung: Rung, factor: float) -> Decision | None:
    """The best one among the top `1 / factor` of a rung that is still there, or None."""
    ranked = rung.ranked()
    seats = int(len(ranked) / factor)
    for number in ranked[:seats]:
        if number not in rung.settled:
            threshold = rung.values[ranked[seats - 1]]
            return Decision("promote", number, rung.level, threshold, len(ranked))
    return None


def may_climb(rung: Rung) -> frozenset[int]:
    """The best half that has not gone on yet: more seats open as rivals arrive."""
    ranked = rung.ranked()
    return frozenset(ranked[: (len(ranked) + 1) // 2]) - rung.settled
