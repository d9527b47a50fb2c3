"""Reads the holes over numbers: `{int: [2, 4], step: 2}`, `{float: [1e-4, 0.1], log: true}`."""

from __future__ import annotations

from typing import Literal

from autocnn.errors import suggest
from autocnn.space.document import Items, Mark, Node, Scalar, Table, shown
from autocnn.space.term import Range

Fault = tuple[Mark, str, str]


def read_range(node: Table, kind: Literal["int", "float"]) -> Range | list[Fault]:
    """The hole, or every fault in it as (position, rule, words)."""
    faults: list[Fault] = []
    known = (kind, "log", "step") if kind == "int" else (kind, "log")
    for key in node.entries:
        if key not in known:
            text = f"unknown key {key!r}{suggest(key, known)}; known: {', '.join(known)}"
            faults.append((node.keys[key], "Y07", text))
    ends = _ends(node.entries[kind], kind, faults)
    log = _log(node.entries.get("log"), faults)
    step = _step(node.entries.get("step"), faults)
    if ends is None or faults:
        return faults
    low, high = ends
    mark = node.entries[kind].mark
    if low > high:
        faults.append((mark, "Y20", f"`low <= high` must hold, got [{low}, {high}]"))
    elif log and low <= 0:
        faults.append((mark, "Y20", f"`log: true` needs low > 0, got low={low}"))
    elif log and step != 1:
        faults.append((mark, "Y20", f"`log: true` takes no step, got step={step}"))
    elif kind == "int" and (high - low) % step:
        text = f"the step must divide high - low, got step={step} for [{low}, {high}]"
        faults.append((mark, "Y20", text))
    return faults or Range(kind, low, high, step, log, node.mark)


def _number(node: Node, whole: bool) -> float | None:
    if not isinstance(node, Scalar) or isinstance(node.value, bool):
        return None
    value = node.value
    if isinstance(value, float) and whole:
        return int(value) if value.is_integer() else None
    if isinstance(value, int):
        return value if whole else float(value)
    return value if isinstance(value, float) else None


def _ends(node: Node, kind: str, faults: list[Fault]) -> tuple[float, float] | None:
    noun = "whole numbers" if kind == "int" else "numbers"
    if isinstance(node, Items) and len(node.items) == 2:
        low, high = (_number(item, kind == "int") for item in node.items)
        if low is not None and high is not None:
            return low, high
        wrong = node.items[0] if low is None else node.items[1]
        text = f"expected two {noun} [low, high], written out, got {shown(wrong)}"
        faults.append((wrong.mark, "Y08", text))
    else:
        faults.append((node.mark, "Y08", f"expected two {noun} [low, high], got {shown(node)}"))
    return None


def _log(node: Node | None, faults: list[Fault]) -> bool:
    if node is None:
        return False
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return node.value
    faults.append((node.mark, "Y05", f"expected true or false for 'log', got {shown(node)}"))
    return False


def _step(node: Node | None, faults: list[Fault]) -> int:
    if node is None:
        return 1
    step = _number(node, whole=True)
    if step is None or step < 1:
        text = f"expected a whole number of at least 1 for 'step', got {shown(node)}"
        faults.append((node.mark, "Y20", text))
        return 1
    return int(step)
