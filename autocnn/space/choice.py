"""Reads the alternatives of a `choice`: what a strategy sees of each, and which stand twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from autocnn.space.document import Items, Mark, Node, Scalar, plain, shown, shown_value
from autocnn.space.reading import is_expression

Fault = tuple[Mark, str, str]


def choice_faults(held: Node) -> Iterator[Fault]:
    """What is wrong with the alternatives as a whole: (position, rule, words)."""
    if isinstance(held, Scalar) or not (held.items if isinstance(held, Items) else held.entries):
        yield held.mark, "Y21", f"expected a list or mapping of alternatives, got {shown(held)}"
    elif isinstance(held, Items):
        seen: set[str] = set()
        for item in held.items:
            # As JSON, 1, 1.0 and true differ, which are all equal in Python.
            key = json.dumps(plain(item), sort_keys=True)
            if key in seen:
                yield item.mark, "Y21", f"{shown(item)} is an alternative twice"
            seen.add(key)


def choice_labels(held: Items) -> tuple[Any, ...]:
    """What stands for each alternative: itself among scalars of one type, else a label."""
    values = [item.value if isinstance(item, Scalar) else None for item in held.items]
    literal = [isinstance(item, Scalar) and not is_expression(item) for item in held.items]
    if all(literal) and len({type(value) for value in values}) == 1 and values[0] is not None:
        return tuple(values)
    places = tuple(f"a{index}" for index in range(len(values)))
    labels = tuple(
        (value if isinstance(value, str) else shown_value(value)) if scalar else place
        for value, scalar, place in zip(values, literal, places, strict=True)
    )
    return labels if len(set(labels)) == len(labels) else places
