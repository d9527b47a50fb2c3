"""The constructor call that makes a module, read back from the module itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from autocnn.space.layer import Shape

if TYPE_CHECKING:
    from torch import nn

REQUIRED = inspect.Parameter.empty
"""The default of an argument that has none."""

GIVEN = "constructed_with"
"""Where a module from outside says its arguments, `{name: value}`, as far as they are set."""

REST = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
UNSAID = ("self", "device", "dtype")

Ends = tuple[Shape, Shape]
"""Input and output shape of a layer."""


@dataclass(frozen=True, eq=False)
class Argument:
    """One argument: a literal, a Call, or lists and mappings of these; `named` if it must be."""

    name: str
    value: Any
    default: Any = REQUIRED
    named: bool = False


@dataclass(frozen=True, eq=False)
class Call:
    """`target(arguments)`; a `nn.Sequential` has named `children` instead of arguments.

    `kind` is the class called, None for one that the written file defines. `ends` are known for
    layers only.
    """

    target: str
    kind: type | None
    arguments: tuple[Argument, ...] = ()
    children: tuple[tuple[str, Call], ...] = ()
    ends: Ends | None = None


def read_call(module: nn.Module, ends: Mapping[str, Ends], path: str = "") -> Call:
    """The call that makes `module`; `ends` has the shapes of layers by the path of submodules.

    A module must keep each argument of its constructor as an attribute of the same name, as
    torch's own do; TypeError names the first that does not.
    """
    from torch import nn

    kind = type(module)
    call = Call(_target(kind), kind, ends=ends.get(path))
    if kind is nn.Sequential:
        children = tuple(
            (name, read_call(child, ends, _below(path, name)))
            for name, child in module.named_children()
        )
        return replace(call, children=children)
    arguments = tuple(
        Argument(
            name,
            _value(module, parameter, ends, path),
            parameter.default,
            parameter.kind is parameter.KEYWORD_ONLY,
        )
        for name, parameter in inspect.signature(kind.__init__).parameters.items()
        if name not in UNSAID and parameter.kind not in REST
    )
    return replace(call, arguments=arguments)


def _target(kind: type) -> str:
    """How a class is called: ours are copied into the file, others imported by their module."""
    if is_torch(kind):
        return f"nn.{kind.__name__}"
    return kind.__name__ if is_ours(kind) else f"{kind.__module__}.{kind.__qualname__}"


def is_torch(kind: type) -> bool:
    """Whether a class is one of torch's."""
    return in_package(kind.__module__, "torch")


def is_ours(kind: type) -> bool:
    """Whether a class is part of this package."""
    return in_package(kind.__module__)


def in_package(module: str | None, package: str = "autocnn") -> bool:
    """Whether a module of that name lies in a package."""
    return str(module).partition(".")[0] == package


def _value(
    module: nn.Module, parameter: inspect.Parameter, ends: Mapping[str, Ends], path: str
) -> Any:
    from torch import nn

    name = parameter.name
    given = getattr(module, GIVEN, {})
    if name in given:
        return given[name]
    if not hasattr(module, name):
        raise TypeError(f"{type(module).__name__} does not keep its argument {name!r}")
    value = getattr(module, name)
    if parameter.annotation in (bool, "bool"):
        return value is True or isinstance(value, nn.Parameter)
    read = _read(value, ends, _below(path, name))
    both = isinstance(read, tuple) and len(read) == 2 and read[0] == read[1]
    return read[0] if both and is_torch(type(module)) else read


def _read(value: Any, ends: Mapping[str, Ends], path: str) -> Any:
    """Modules as calls, at any depth of lists and mappings."""
    from torch import nn

    if isinstance(value, nn.ModuleList):
        return [_read(item, ends, _below(path, str(i))) for i, item in enumerate(value)]
    if isinstance(value, nn.ModuleDict):
        return {name: _read(item, ends, _below(path, name)) for name, item in value.items()}
    if isinstance(value, nn.Module):
        return read_call(value, ends, path)
    if isinstance(value, list):
        return [_read(item, ends, path) for item in value]
    if isinstance(value, Mapping):
        return {name: _read(item, ends, path) for name, item in value.items()}
    return tuple(value) if isinstance(value, tuple) else value


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def inner_calls(value: Any) -> Iterator[Call]:
    """The calls among a call's arguments, at any depth of lists and mappings."""
    if isinstance(value, Call):
        for argument in value.arguments:
            yield from _held(argument.value)


def _held(value: Any) -> Iterator[Call]:
    if isinstance(value, Call):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _held(item)
