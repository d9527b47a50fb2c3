"""What differs between a few candidates: their layers side by side, and their recipes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from autocnn.report.layers import Row, label, rows, shape_text


@dataclass(frozen=True)
class Layer:
    """One layer as it is compared: its place in the tree, its words, the shape it puts out."""

    depth: int
    title: str
    details: str
    output: str

    @property
    def words(self) -> tuple[int, str, str]:
        """What must be equal for two layers to be the same; shapes follow from what is before."""
        return self.depth, self.title, self.details


def layers(table: Sequence[Row]) -> list[Layer]:
    """The layers of a network from its stored table, parts inside others included."""
    return [
        Layer(depth, *label(row), shape_text(row["out_shape"])) for depth, _, row in rows(table)
    ]


def aligned(networks: Sequence[Sequence[Layer]]) -> list[tuple[Layer | None, ...]]:
    """Rows with one layer of each network, or None where it has none there.

    Each network is laid beside the first one so that as many layers as possible meet their equals;
    what stands between equals meets in order.
    """
    first = networks[0]
    between: list[list[list[Layer]]] = [[] for _ in networks]
    facing: list[list[Layer | None]] = [[None] * len(first) for _ in networks]
    for network, place in zip(networks, range(len(networks)), strict=True):
        between[place] = [[] for _ in range(len(first) + 1)]
        matcher = SequenceMatcher(
            None, [one.words for one in first], [one.words for one in network], autojunk=False
        )
        for _, a, b, c, d in matcher.get_opcodes():
            paired = min(b - a, d - c)
            facing[place][a : a + paired] = network[c : c + paired]
            between[place][a + paired] += network[c + paired : d]
    return [row for at in range(len(first) + 1) for row in _rows(at, between, facing)]


def _rows(
    at: int, between: list[list[list[Layer]]], facing: list[list[Layer | None]]
) -> Iterator[tuple[Layer | None, ...]]:
    """What stands before a layer of the first network, then what faces it."""
    for extra in range(max(len(parts[at]) for parts in between)):
        yield tuple(parts[at][extra] if extra < len(parts[at]) else None for parts in between)
    if at < len(facing[0]):
        yield tuple(parts[at] for parts in facing)


def same(row: Sequence[Layer | None]) -> bool:
    """Whether all have this layer."""
    return len({None if one is None else one.words for one in row}) == 1


def recipes(candidates: Sequence[Mapping[str, Any] | None]) -> dict[str, list[str]]:
    """Option of a recipe -> its value for each candidate in words, those that differ first."""
    flat = [dict(_flat((one or {}).get("training") or {})) for one in candidates]
    names = list(dict.fromkeys(name for one in flat for name in one))
    found = {name: [one.get(name, "") for one in flat] for name in names}
    return dict(sorted(found.items(), key=lambda item: len(set(item[1])) == 1))


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)) and value:
        for place, inner in enumerate(value):
            yield from _flat(inner, f"{path}.{place}")
    else:
        yield path, f"{value:.6g}" if isinstance(value, float) else str(value)
