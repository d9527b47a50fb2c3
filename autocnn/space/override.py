"""Overrides: `path=value` replaces or adds any key of a document, as `--set` does."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from autocnn.errors import Problem, SpaceError, suggest
from autocnn.space.composer import compose
from autocnn.space.document import COMMAND_LINE, Items, Mark, Node, Scalar, Table, shown

_MARK = Mark(COMMAND_LINE)


def apply_overrides(root: Node, overrides: Sequence[str], judged: Collection[str] = ()) -> Node:
    """The document with each `a.b.0.c=value` applied in order; values are YAML.

    A list position is its index; missing mappings on the way are made, unless their key is like
    one that is there. In the `judged` sections any key is taken: what has no place there is told
    when they are read. Raises SpaceError with every override that cannot be applied, at the
    position `command line`.
    """
    problems: list[Problem] = []
    for override in overrides:
        path, equals, text = override.partition("=")
        steps = path.strip().split(".")
        if not equals or not all(steps):
            problems.append(_MARK.problem("Y08", f"expected path=value, got {override!r}"))
            continue
        try:
            value = _placed(compose(text, COMMAND_LINE)) if text.strip() else Scalar(None, _MARK)
            root = _replaced(root, steps, value, path, strict=steps[0] not in judged)
        except SpaceError as error:
            problems += [
                Problem(problem.rule, problem.text, path, COMMAND_LINE)
                for problem in error.problems
            ]
    if problems:
        raise SpaceError(*problems)
    return root


def _placed(node: Node) -> Node:
    """The value with every position replaced by the command line."""
    if isinstance(node, Scalar):
        return Scalar(node.value, _MARK)
    if isinstance(node, Items):
        return Items(tuple(map(_placed, node.items)), _MARK)
    entries = {key: _placed(inner) for key, inner in node.entries.items()}
    return Table(entries, dict.fromkeys(entries, _MARK), _MARK)


def _replaced(node: Node, steps: Sequence[str], value: Node, path: str, *, strict: bool) -> Node:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(node, Scalar) and node.value is None:
        node = Table({}, {}, _MARK)
    if isinstance(node, Items):
        if not step.isdecimal() or int(step) >= len(node.items):
            text = f"expected an index below {len(node.items)}, got {step!r}"
            raise SpaceError(_MARK.problem("Y07", text, path))
        items = list(node.items)
        items[int(step)] = _replaced(items[int(step)], rest, value, path, strict=strict)
        return Items(tuple(items), node.mark)
    if isinstance(node, Scalar):
        text = f"{step!r} has no place: there is {shown(node)}, not a mapping or a list"
        raise SpaceError(_MARK.problem("Y07", text, path))
    if strict and rest and step not in node.entries and (near := suggest(step, node.entries)):
        raise SpaceError(_MARK.problem("Y07", f"unknown key {step!r}{near}", path))
    inner = node.entries.get(step, Scalar(None, _MARK))
    entries = {**node.entries, step: _replaced(inner, rest, value, path, strict=strict)}
    keys = {**node.keys, step: node.keys.get(step, _MARK)}
    return Table(entries, keys, node.mark)
