"""A YAML document as nodes that know where they stand."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from autocnn.errors import Problem
from autocnn.space.scalars import Value

COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Mark:
    """A position: the file, and line and column counted from 1 (0 where there are none)."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)

    def problem(self, rule: str, text: str, path: str = "") -> Problem:
        """A problem found at this position."""
        return Problem(rule, text, path, self.file, self.line, self.column)


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A leaf: null, a truth value, a number or a string."""

    value: Value
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A list."""

    items: tuple[Node, ...]
    mark: Mark


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A mapping with string keys, in the order of the text; `keys` are the keys' positions."""

    entries: Mapping[str, Node]
    keys: Mapping[str, Mark]
    mark: Mark


Node = Scalar | Items | Table


def plain(node: Node) -> Any:
    """The document as JSON values: dicts, lists and scalars."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return {key: plain(entry) for key, entry in node.entries.items()}


def from_plain(value: Any, mark: Mark) -> Node:
    """Nodes for JSON values that come from Python; every one stands at `mark`.

    Paths serve as text, and the numbers of other libraries, such as NumPy's, as Python's.
    Raises TypeError for keys that are no strings and values that YAML cannot write, ValueError
    for numbers that are not finite.
    """
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"expected a word as key, got {key!r}")
        entries = {key: from_plain(entry, mark) for key, entry in value.items()}
        return Table(entries, dict.fromkeys(entries, mark), mark)
    if isinstance(value, (list, tuple)):
        return Items(tuple(from_plain(item, mark) for item in value), mark)
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    elif not isinstance(value, (bool, int, float)) and isinstance(value, Real):
        value = int(value) if isinstance(value, Integral) else float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"expected a finite number, got {value}")
    if value is None or isinstance(value, (bool, int, float, str)):
        return Scalar(value, mark)
    raise TypeError(f"expected a mapping, a list, a number or a string, got {value!r}")


def shown(node: Node) -> str:
    """A short text for what was found, for messages."""
    if isinstance(node, Scalar):
        return "nothing" if node.value is None else shown_value(node.value)
    if isinstance(node, Items):
        return f"a list of {len(node.items)}" if node.items else "an empty list"
    keys = list(node.entries)
    if not keys:
        return "an empty mapping"
    return "a mapping of " + ", ".join(keys[:3]) + (", ..." if len(keys) > 3 else "")


def shown_value(value: Any) -> str:
    """A value as YAML writes it, at most 60 characters, for messages."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
