"""What calls have in common, and where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autocnn.network.source.call import REQUIRED, Argument, Call
from autocnn.space.layer import several


@dataclass(frozen=True)
class Name:
    """A name of the written file where a value stood."""

    name: str


@dataclass(frozen=True, eq=False)
class Slot:
    """One number of a call, with the argument it is."""

    argument: Argument

    @property
    def value(self) -> Any:
        return self.argument.value


def pattern(value: Any) -> object:
    """A call without its numbers: equal for calls that differ in numbers only."""
    if isinstance(value, Call):
        return (
            value.target,
            tuple((argument.name, pattern(argument.value)) for argument in value.arguments),
            tuple((name, pattern(child)) for name, child in value.children),
        )
    if isinstance(value, list):
        return ("list", *map(pattern, value))
    if isinstance(value, dict):
        return ("dict", *((key, pattern(item)) for key, item in value.items()))
    return "number" if _is_number(value) else repr(value)


def slots(call: Call) -> Iterator[Slot]:
    """Every number of a call, in the order of the text."""
    for argument in call.arguments:
        yield from _inside(argument, argument.value)
    for _, child in call.children:
        yield from slots(child)


def _inside(argument: Argument, value: Any) -> Iterator[Slot]:
    if isinstance(value, Call):
        yield from slots(value)
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _inside(Argument(argument.name, item), item)
    elif _is_number(value):
        yield Slot(argument)


def filled(call: Call, values: Iterator[Any]) -> Call:
    """The call with the next of `values` in every slot."""
    arguments = tuple(
        replace(argument, value=_filled(argument.value, values)) for argument in call.arguments
    )
    children = tuple((name, filled(child, values)) for name, child in call.children)
    return replace(call, arguments=arguments, children=children)


def _filled(value: Any, values: Iterator[Any]) -> Any:
    if isinstance(value, Call):
        return filled(value, values)
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, values) for key, item in value.items()}
    return next(values) if _is_number(value) else value


def _is_number(value: Any) -> bool:
    """A number, or a tuple of numbers such as a kernel's height and width."""
    if isinstance(value, tuple):
        return bool(value) and all(isinstance(item, (int, float)) for item in value)
    return value is not None and isinstance(value, (int, float))


@dataclass(frozen=True)
class Parameter:
    """A parameter of a class: its name, its value in each use, and its default if it has one."""

    name: str
    values: tuple[Any, ...]
    default: Any = REQUIRED


def parameters(uses: Sequence[Call]) -> tuple[list[Parameter], list[Any]]:
    """The parameters that make one class of calls of equal pattern, and what fills its slots.

    Numbers that are the same in every use are written out; those that mean the same thing and
    always agree share a parameter.
    """
    found: dict[object, Parameter] = {}
    fillings: list[Any] = []
    ends = _ends(uses)
    taken: set[str] = set()
    for together in zip(*(list(slots(use)) for use in uses), strict=True):
        values = tuple(slot.value for slot in together)
        argument = together[0].argument
        thing = "" if _counts_channels(argument.name) else argument.name
        key = thing + repr(values)
        if len({repr(value) for value in values}) == 1:
            fillings.append(values[0])
            continue
        if key not in found:
            name = fresh(ends.get(key) or _word(argument.name), taken, "_")
            usual = repr(argument.default) in map(repr, values)
            found[key] = Parameter(name, values, argument.default if usual else REQUIRED)
        fillings.append(Name(found[key].name))
    ordered = sorted(found.values(), key=_place)
    return ordered, fillings


ORDER = ("channels", "in_channels", "in_features", "out_channels", "out_features")


def _place(parameter: Parameter) -> tuple[bool, int]:
    """Those without default first, and the channels first among them."""
    known = ORDER.index(parameter.name) if parameter.name in ORDER else len(ORDER)
    return parameter.default is not REQUIRED, known


def _ends(uses: Sequence[Call]) -> dict[str, str]:
    """The names of the numbers of channels that go in and come out."""
    shapes = [use.ends for use in uses]
    if any(ends is None or any(map(several, ends)) for ends in shapes):
        return {}
    given = tuple(ends[0][0] for ends in shapes if ends)
    made = tuple(ends[1][0] for ends in shapes if ends)
    thing = "channels" if any(ends and len(ends[1]) == 3 for ends in shapes) else "features"
    if given == made:
        return {repr(given): thing}
    return {repr(given): f"in_{thing}", repr(made): f"out_{thing}"}


CHANNELS = (
    "channels",
    "in_channels",
    "out_channels",
    "num_channels",
    "num_features",
    "in_features",
    "out_features",
    "features",
    "width",
    "groups",
)
"""The arguments that count channels."""


def _word(name: str) -> str:
    """The name of a parameter; channels that neither go in nor come out are a width."""
    return "width" if _counts_channels(name) and name != "groups" else name


def _counts_channels(name: str) -> bool:
    base, _, number = name.rpartition("_")
    return name in CHANNELS or (number.isdecimal() and base in CHANNELS)


def fresh(name: str, taken: set[str], mark: str) -> str:
    """The name, or with `mark` and a number where it is taken; it is taken then."""
    base, count = name, 1
    while name in taken:
        count += 1
        name = f"{base}{mark}{count}"
    taken.add(name)
    return name
