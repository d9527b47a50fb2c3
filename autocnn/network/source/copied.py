"""The source of our own modules, with all that it uses, to stand in a file of its own."""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from autocnn.network.source.call import in_package

SHADOWING = "is defined twice among the modules' sources"


@dataclass
class Copied:
    """Statements by the name they define, inner ones first, and the imports they need."""

    statements: dict[str, str] = field(default_factory=dict)
    imports: set[str] = field(default_factory=set)
    origins: dict[str, str] = field(default_factory=dict)


def copied(kinds: Iterable[type]) -> Copied:
    """The source of classes of this package, from their own files.

    Raises ValueError if two of the names that they need mean different things.
    """
    found = Copied()
    for kind in kinds:
        _copy(kind.__name__, kind.__module__, found)
    return found


def _copy(name: str, module: str, found: Copied) -> None:
    if name in found.origins:
        if found.origins[name] != module:
            raise ValueError(f"{name} {SHADOWING}: {module}, {found.origins[name]}")
        return
    statements = _statements(module)
    statement, text = statements[name]
    found.origins[name] = module
    needed = _names(statement) - {name}
    for used in (known for known in statements if known in needed):
        origin, source = statements[used]
        if isinstance(origin, ast.ImportFrom) and in_package(origin.module):
            _copy(used, str(origin.module), found)
        elif isinstance(origin, (ast.Import, ast.ImportFrom)):
            found.imports.add(source)
        else:
            _copy(used, module, found)
    found.statements[name] = text


@cache
def _statements(module: str) -> dict[str, tuple[ast.stmt, str]]:
    """The top-level statements of a module by the names they bind, and their text."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    text = Path(str(spec.origin)).read_text(encoding="utf-8")
    lines = text.splitlines()
    found: dict[str, tuple[ast.stmt, str]] = {}
    for statement in ast.parse(text).body:
        for name, source in _bound(statement, lines):
            found[name] = (statement, source)
    return found


def _bound(statement: ast.stmt, lines: list[str]) -> Iterator[tuple[str, str]]:
    match statement:
        case ast.Import():
            for alias in statement.names:
                yield alias.asname or alias.name.partition(".")[0], f"import {_alias(alias)}"
        case ast.ImportFrom():
            for alias in statement.names:
                source = f"from {statement.module} import {_alias(alias)}"
                yield alias.asname or alias.name, source
        case ast.FunctionDef() | ast.ClassDef():
            first = min([statement.lineno, *(d.lineno for d in statement.decorator_list)])
            yield statement.name, "\n".join(lines[first - 1 : statement.end_lineno])
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            yield name, "\n".join(lines[statement.lineno - 1 : statement.end_lineno])


def _alias(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _names(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
