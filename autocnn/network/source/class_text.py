"""A block as a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autocnn.network.source.blocks import STEPS, Block
from autocnn.network.source.call import REQUIRED, Call
from autocnn.network.source.expression import STEP, WIDTH, expression
from autocnn.network.source.pattern import Parameter
from autocnn.space.layer import Shape, each

INDENT = STEP * 2


def class_text(block: Block, about: str = "", notes: Sequence[str] = ()) -> str:
    """Source of the class; `notes` stand beside the children where the line has room for them.

    A chain of layers is a `nn.Sequential` that gets its children one by one, so that each has a
    line and a name; anything else is a subclass of what it calls.
    """
    call = block.body
    lines = [
        f"class {block.name}({call.target}):",
        f'{STEP}"""{about or about_block(block)}"""',
        "",
        *_signature(block.parameters),
    ]
    if call.children:
        lines.append(f"{INDENT}super().__init__()")
        shown = [*notes, *[""] * (len(call.children) - len(notes))]
        lines += [
            _child(name, child, note)
            for (name, child), note in zip(call.children, shown, strict=True)
        ]
    else:
        made = Call("super().__init__", None, call.arguments)
        lines.append(INDENT + expression(made, len(INDENT), INDENT))
    return "\n".join(lines)


def about_block(block: Block) -> str:
    """What the class is, in a line."""
    names = [name for name, _ in block.body.children]
    if names and all(name in STEPS for name in names):
        *first, last = (STEPS[name] for name in names)
        return f"{', '.join(first)} and {last}.".capitalize()
    if block.body.ends is None:
        return f"`{block.word}`."
    given, made = block.body.ends
    return f"`{block.word}`, used first from {shape_words(given)} to {shape_words(made)}."


def shape_words(shape: Shape) -> str:
    """`(64, 56, 56)` -> `64 x 56 x 56`; of several maps all."""
    return " and ".join(" x ".join(map(str, one)) for one in each(shape))


def _child(name: str, child: Call, note: str) -> str:
    start = f"{INDENT}self.{name} = "
    text = start + expression(child, len(start), INDENT)
    last = text.rpartition("\n")[2]
    return f"{text}  # {note}" if note and len(last) + len(note) + 4 <= WIDTH else text


def _signature(parameters: Sequence[Parameter]) -> list[str]:
    texts = ["self", *map(_parameter, parameters)]
    flat = f"{STEP}def __init__({', '.join(texts)}) -> None:"
    if len(flat) <= WIDTH:
        return [flat]
    return [f"{STEP}def __init__(", *(f"{INDENT}{text}," for text in texts), f"{STEP}) -> None:"]


def _parameter(parameter: Parameter) -> str:
    kinds = dict.fromkeys(map(_annotation, parameter.values))
    text = f"{parameter.name}: {' | '.join(kinds)}"
    return text if parameter.default is REQUIRED else f"{text} = {expression(parameter.default)}"


def _annotation(value: Any) -> str:
    if isinstance(value, tuple):
        return f"tuple[{', '.join(map(_annotation, value))}]"
    return type(value).__name__
