"""Modules from outside whose layers a document uses, imported only where that is allowed."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from autocnn.errors import Problem, SpaceError
from autocnn.space.document import Items, Node, Scalar, Table, shown

MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
KEY = "imports"

_allowed: ContextVar[bool] = ContextVar("imports_allowed", default=False)


@contextmanager
def imports_allowed(allowed: bool = True) -> Iterator[None]:
    """Let documents that are read inside the block import the modules they name.

    Without it, a module that is named must have been imported before. `False` changes nothing.
    """
    token = _allowed.set(allowed or _allowed.get())
    try:
        yield
    finally:
        _allowed.reset(token)


def allow_imports() -> None:
    """Let documents import modules from now on in this context, as the command line may say."""
    _allowed.set(True)


def import_named(root: Node) -> None:
    """Import what a document names under `imports`; raises SpaceError with every problem."""
    if not isinstance(root, Table) or KEY not in root.entries:
        return
    node = root.entries[KEY]
    if not isinstance(node, Items):
        text = f"expected a list of module names, got {shown(node)}"
        raise SpaceError(node.mark.problem("Y08", text, KEY))
    faults = [
        (item.mark, index, fault)
        for index, item in enumerate(node.items)
        if (fault := _import_item(item))
    ]
    if faults:
        raise SpaceError(
            *(mark.problem("Y08", text, f"{KEY}.{index}") for mark, index, text in faults)
        )


def import_modules(names: Iterable[object]) -> None:
    """Import modules by name; raises SpaceError where that is not allowed or fails."""
    problems = [Problem("Y08", fault, KEY) for name in names if (fault := _import(name))]
    if problems:
        raise SpaceError(*problems)


def _import_item(item: Node) -> str:
    return _import(item.value) if isinstance(item, Scalar) else _import(None)


def _import(name: object) -> str:
    """What is wrong with importing a module, or nothing."""
    if not isinstance(name, str) or not MODULE.fullmatch(name):
        return f"expected the name of a Python module, such as my_package.layers, got {name!r}"
    if name in sys.modules:
        return ""
    if not _allowed.get():
        return (
            f"{name} would be imported, which runs its code: allow it with --allow-imports, or "
            "in Python with allow_imports=True"
        )
    try:
        importlib.import_module(name)
    except Exception as error:
        return f"{name} cannot be imported: {type(error).__name__}: {error}"
    return ""
