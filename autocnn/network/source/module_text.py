"""The file itself: imports, copied modules, blocks, the network and how to load its weights."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from keyword import kwlist
from typing import Any

from autocnn.network.source.blocks import Block, blocks
from autocnn.network.source.call import Call, Ends, is_ours, is_torch, read_call
from autocnn.network.source.class_text import class_text, shape_words
from autocnn.network.source.copied import copied
from autocnn.network.table import Row, table
from autocnn.space.candidate import Architecture
from autocnn.space.layer import Shape

NETWORK = "Network"
TAKEN = (NETWORK, "load", "OrderedDict", "Path", "Tensor", "nn", "torch", "F", "functional")


@dataclass(frozen=True)
class Addition:
    """More for the file: import statements, text after the imports, and text at the end."""

    imports: tuple[str, ...] = ()
    before: str = ""
    after: str = ""


NOTHING = Addition()


def module_text(architecture: Architecture, about: str, addition: Addition = NOTHING) -> str:
    """Source of a file that defines `Network`, an `nn.Module` whose constructor takes nothing.

    Its parameters have the names that `network.build` gives them, its outputs are the same.
    `about` is the file's docstring. Raises ShapeError.
    """
    import torch

    from autocnn.network.build import build

    with torch.device("meta"):
        network = build(architecture)
    rows = table(architecture)
    call = read_call(network, dict(_ends(rows)))
    kinds = list(dict.fromkeys(_kinds(call)))
    own = copied(kind for kind in kinds if is_ours(kind))
    taken = {*kwlist, *TAKEN, *own.statements, *(kind.__name__ for kind in kinds)}
    root, made = blocks(call, taken)
    steps = [shape_words(_shape(row["out_shape"])) for row in rows]
    ends = shape_words(architecture.shape), steps[-1] if steps else "the same"
    text = "From {} to {}; the shapes beside the layers are those of their outputs.".format(*ends)
    network_class = class_text(Block(NETWORK, (), root, ""), text, steps)
    classes = [*own.statements.values(), *(class_text(block) for block in made), network_class]
    imports = {*own.imports, *addition.imports, *_imports_of(kinds)}
    if any("OrderedDict(" in text for text in classes):
        imports.add("from collections import OrderedDict")
    after = [addition.after] if addition.after else []
    opening = [f'"""{about}"""', _import_lines(imports), addition.before]
    return (
        "\n\n".join(text for text in opening if text)
        + "".join(f"\n\n\n{statement}" for statement in [*classes, *after])
        + "\n"
    )


def _ends(rows: Iterable[Row]) -> Iterator[tuple[str, Ends]]:
    """Input and output shape of every layer by the path of its module."""
    for row in rows:
        yield row["path"], (_shape(row["in_shape"]), _shape(row["out_shape"]))
        for part in row["parts"]:
            yield from _ends(part["layers"])


def _shape(written: Sequence[Any]) -> Shape:
    """A shape from the lists of a table."""
    return tuple(_shape(one) if isinstance(one, list) else one for one in written)


def _kinds(value: Any) -> Iterator[type]:
    """The classes of every call, at any depth."""
    if isinstance(value, Call):
        if value.kind is not None:
            yield value.kind
        yield from _kinds([argument.value for argument in value.arguments])
        yield from _kinds([child for _, child in value.children])
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _kinds(item)


def _imports_of(kinds: Iterable[type]) -> Iterator[str]:
    """The imports of what is called but not copied."""
    yield "from torch import nn"
    for kind in kinds:
        if not is_torch(kind) and not is_ours(kind):
            yield f"import {kind.__module__}"


def _import_lines(imports: Iterable[str]) -> str:
    """Import statements in the usual order: the standard library, then the others."""
    lines = _together(imports)
    standard = [
        line for line in lines if line.split()[1].partition(".")[0] in sys.stdlib_module_names
    ]
    others = [line for line in lines if line not in standard]
    sections = ["from __future__ import annotations", "\n".join(standard), "\n".join(others)]
    return "\n\n".join(section for section in sections if section)


def _together(imports: Iterable[str]) -> list[str]:
    """One line for each module, in the usual order."""
    plain: set[str] = set()
    names: dict[str, set[str]] = {}
    for line in imports:
        module, imported, name = line.removeprefix("from ").partition(" import ")
        if imported:
            names.setdefault(module, set()).add(name)
        else:
            plain.add(line)
    return sorted(plain) + [
        f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names)
    ]
