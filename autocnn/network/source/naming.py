"""What classes of the written file are called where several come from one block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from autocnn.network.source.call import Call, inner_calls

NUMBERS = ("1d", "2d")


def variant(name: str, call: Call, earlier: Sequence[Call]) -> str:
    """The name, with what sets this class apart from the `earlier` ones that also have it.

    That is the first thing that it is made of and none of them (`MbconvWithIdentity`), or the
    number of its layers if no other has so many (`StageOf4`). Else the name stays.
    """
    if not earlier:
        return name
    known = {part for other in earlier for part in _parts(other)}
    for part in _parts(call):
        if part not in known:
            return f"{name}With{short_name(part)}"
    count = len(call.children)
    if count > 1 and count not in [len(other.children) for other in earlier]:
        return f"{name}Of{count}"
    return name


def short_name(target: str) -> str:
    """`nn.BatchNorm2d` -> `BatchNorm`."""
    name = target.rpartition(".")[2]
    for ending in NUMBERS:
        name = name.removesuffix(ending)
    return name


def _parts(call: Call) -> Iterator[str]:
    """What a class is made of but for layers in a row and classes of the file, inside too."""
    for inner in (*(child for _, child in call.children), *inner_calls(call)):
        if inner.kind is not None and inner.target != "nn.Sequential":
            yield inner.target
        yield from _parts(inner)
