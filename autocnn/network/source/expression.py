"""Calls as Python expressions, on one line where they fit and else one argument per line."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from autocnn.network.source.call import REQUIRED, Argument, Call
from autocnn.network.source.pattern import Name

WIDTH = 99
STEP = "    "
MOST_PLACED = 3
"""How many required arguments may stand without their names; of more, only the first does."""


def expression(value: Any, before: int = 0, indent: str = "") -> str:
    """A value as source; `before` characters stand left of it on its first line."""
    flat = _flat(value)
    if before + len(flat) <= WIDTH or not isinstance(value, (Call, list, dict)):
        return flat
    deeper = indent + STEP
    opened, closed, items = _opened(value)
    inside = f"{deeper}{', '.join(key + _flat(item) for key, item in items)}"
    if len(inside) <= WIDTH and not isinstance(value, dict) and not _holds_calls(items):
        return f"{opened}\n{inside}\n{indent}{closed}"
    lines = []
    for key, item in items:
        text = expression(item, len(deeper) + len(key) + 1, deeper)
        lines.append(f"{deeper}{key}{text},\n")
    return f"{opened}\n{''.join(lines)}{indent}{closed}"


def _opened(value: Any) -> tuple[str, str, list[tuple[str, Any]]]:
    """What stands before and after the items of a value, and the items with their keys."""
    if isinstance(value, list):
        return "[", "]", [("", item) for item in value]
    if isinstance(value, dict):
        return "{", "}", [(f"{_literal(key)}: ", item) for key, item in value.items()]
    if value.children:
        inner = [(f"{name}=", child) for name, child in value.children]
        return f"{value.target}(OrderedDict(", "))", inner
    return f"{value.target}(", ")", list(_arguments(value))


def _holds_calls(items: list[tuple[str, Any]]) -> bool:
    return any(isinstance(item, (Call, list, dict)) for _, item in items)


def _flat(value: Any) -> str:
    if isinstance(value, Name):
        return value.name
    if isinstance(value, tuple):
        inner = ", ".join(map(_flat, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if not isinstance(value, (Call, list, dict)):
        return _literal(value)
    opened, closed, items = _opened(value)
    return opened + ", ".join(key + _flat(item) for key, item in items) + closed


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) and value.isidentifier() else repr(value)


def _arguments(call: Call) -> Iterator[tuple[str, Any]]:
    """The arguments that must be said, the first numbers by their place alone."""
    required = list(itertools.takewhile(_may_be_placed, call.arguments))
    placed = required if len(required) <= MOST_PLACED else required[:1]
    for argument in call.arguments:
        if argument in placed:
            yield "", argument.value
        elif argument.default is REQUIRED or repr(argument.value) != repr(argument.default):
            yield f"{argument.name}=", argument.value


def _may_be_placed(argument: Argument) -> bool:
    required = argument.default is REQUIRED and not argument.named
    return required and not isinstance(argument.value, (Call, list, dict))
