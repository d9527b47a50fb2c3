"""Fills a space at random, or in every way there is."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from autocnn.space.fill import Filled, fill
from autocnn.space.hole import Hole

if TYPE_CHECKING:
    from autocnn.space.space import Space


def sample(space: Space, seed: int) -> Filled:
    """Fill every hole at random: choices evenly, numbers evenly or, with `log`, by their log."""
    source = random.Random(seed)
    return fill(space, lambda hole: draw(hole, source))


def draw(hole: Hole, source: random.Random) -> Any:
    """One random value of a hole."""
    if hole.kind == "choice":
        return source.choice(hole.choices)
    if hole.kind == "float":
        if hole.log:
            return _within(hole, math.exp(source.uniform(math.log(hole.low), math.log(hole.high))))
        return _within(hole, source.uniform(hole.low, hole.high))
    if hole.log:
        # Half a step of margin at both ends gives these as much room as the values between.
        low, high = math.log(hole.low - 0.5), math.log(hole.high + 0.5)
        return int(_within(hole, round(math.exp(source.uniform(low, high)))))
    return source.randrange(int(hole.low), int(hole.high) + 1, hole.step)


def _within(hole: Hole, value: float) -> float:
    return min(max(value, hole.low), hole.high)


def fillings(space: Space) -> Iterator[Filled]:
    """Every filling once, in the order of the holes and their values.

    Raises ValueError on a `float` hole, which has too many values.
    """
    prefix: list[Any] = []
    while True:
        stack: list[Iterator[Any]] = []
        chosen: list[Any] = []

        def ask(
            hole: Hole,
            prefix: list[Any] = prefix,
            stack: list[Iterator[Any]] = stack,
            chosen: list[Any] = chosen,
        ) -> Any:
            values = hole.values()
            if values is None:
                raise ValueError(f"{hole.name} is a float: its values cannot be listed")
            if len(chosen) < len(prefix):
                value = prefix[len(chosen)]
                tried = (type(value), value)
                values = itertools.dropwhile(lambda v: (type(v), v) != tried, values)
                next(values)
            else:
                value = next(values)
            stack.append(values)
            chosen.append(value)
            return value

        yield fill(space, ask)
        while stack:
            try:
                following = next(stack[-1])
            except StopIteration:
                stack.pop()
                continue
            prefix = [*chosen[: len(stack) - 1], following]
            break
        else:
            return
