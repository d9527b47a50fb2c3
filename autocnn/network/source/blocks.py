"""Which parts of a network become classes, and what these are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from autocnn.network.source.call import Argument, Call, inner_calls
from autocnn.network.source.naming import short_name, variant
from autocnn.network.source.pattern import Parameter, filled, fresh, parameters, pattern

STEPS = {
    "pad": "padding",
    "conv": "convolution",
    "linear": "linear layer",
    "norm": "norm",
    "act": "activation",
}
"""The parts of a convolution or linear layer, and what they are called."""


@dataclass(frozen=True, eq=False)
class Block:
    """A class of the written file: `body` is the call that its constructor stands for."""

    name: str
    parameters: tuple[Parameter, ...]
    body: Call
    word: str


def blocks(root: Call, taken: set[str]) -> tuple[Call, list[Block]]:
    """Replace repeated and named parts by calls of classes; inner ones come before outer ones.

    `taken` are names that no class may have; those of the new classes are added.
    """
    made: list[Block] = []
    named: dict[str, list[Call]] = {}
    while True:
        ready = _innermost(root)
        if not ready:
            return root, made
        groups: dict[object, list[tuple[str, Call]]] = {}
        for word, call in ready:
            groups.setdefault((_name(word, call), pattern(call)), []).append((word, call))
        replaced: dict[int, Call] = {}
        for uses in groups.values():
            word, calls = uses[0][0], [call for _, call in uses]
            earlier = named.setdefault(_name(word, calls[0]), [])
            block = _block(word, calls, variant(_name(word, calls[0]), calls[0], earlier), taken)
            earlier.append(calls[0])
            made.append(block)
            replaced |= {id(call): _use(block, place, call) for place, call in enumerate(calls)}
        root = _with(root, replaced)


def _block(word: str, calls: list[Call], name: str, taken: set[str]) -> Block:
    found, fillings = parameters(calls)
    body = filled(calls[0], iter(fillings))
    return Block(fresh(name, taken, ""), tuple(found), body, word)


def _use(block: Block, place: int, call: Call) -> Call:
    arguments = tuple(
        Argument(parameter.name, parameter.values[place], parameter.default)
        for parameter in block.parameters
    )
    return Call(block.name, None, arguments, ends=call.ends)


def _name(word: str, call: Call) -> str:
    if _is_plain(call):
        return "".join(short_name(child.target) for name, child in call.children)
    return "".join(part.capitalize() for part in word.split("_"))


def _is_plain(call: Call) -> bool:
    """Whether it is one convolution or linear layer with norm and activation."""
    return bool(call.children) and all(name in STEPS for name, _ in call.children)


def _innermost(root: Call) -> list[tuple[str, Call]]:
    """The parts that deserve a class and hold none themselves, with the words they come from."""
    found: list[tuple[str, Call]] = []

    def look(call: Call, named: bool) -> bool:
        """Whether a part of `call` deserves a class."""
        deserving = False
        alike = _alike(call)
        for name, child in call.children:
            word = name.rpartition("_")[0] or name
            deserves = _deserves(child, named=named, alike=alike.get(pattern(child), 0))
            inside = look(child, deserves and child.target == "nn.Sequential")
            if deserves and not inside:
                found.append((word, child))
            deserving |= deserves or inside
        for child in inner_calls(call):
            deserving |= look(child, False)
        return deserving

    look(root, False)
    return found


def _alike(call: Call) -> Mapping[object, int]:
    count: dict[object, int] = {}
    for _, child in call.children:
        key = pattern(child)
        count[key] = count.get(key, 0) + 1
    return count


def _deserves(call: Call, *, named: bool, alike: int) -> bool:
    """Layers with several steps, blocks, and what holds layers unless its block has a class."""
    if call.kind is None:
        return False
    if call.target == "nn.Sequential":
        return len(call.children) > 1 or any(_holds_layers(child) for _, child in call.children)
    return _holds_layers(call) and (not named or alike > 1)


def _holds_layers(call: Call) -> bool:
    """Whether layers stand among the arguments, as the body of a residual does."""
    return any(inner.target == "nn.Sequential" and inner.children for inner in inner_calls(call))


def _with(call: Call, replaced: Mapping[int, Call]) -> Call:
    """The call with some of its parts replaced, by their identity."""
    if id(call) in replaced:
        return replaced[id(call)]
    arguments = tuple(
        replace(argument, value=_with_inside(argument.value, replaced))
        for argument in call.arguments
    )
    children = tuple((name, _with(child, replaced)) for name, child in call.children)
    return replace(call, arguments=arguments, children=children)


def _with_inside(value: Any, replaced: Mapping[int, Call]) -> Any:
    if isinstance(value, Call):
        return _with(value, replaced)
    if isinstance(value, list):
        return [_with_inside(item, replaced) for item in value]
    if isinstance(value, dict):
        return {key: _with_inside(item, replaced) for key, item in value.items()}
    return value
