"""The layers of one architecture as words and as a frame, from its stored table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]
"""One layer of the table that `network.table` writes: kind, options, shapes, counts, parts."""

COLUMNS = [
    "depth",
    "layer",
    "details",
    "output",
    "params",
    "macs",
    "activations",
    "field",
    "share",
]
TIMES = "\N{MULTIPLICATION SIGN}"

UNSAID = {
    "stride": 1,
    "dilation": 1,
    "groups": 1,
    "padding": ("same", 0, [0, 0, 0, 0]),
    "order": "conv-norm-act",
    "merge": ("add", "concat"),
    "kind": ("element", "batch"),
    "count_padding": True,
    "init": "torch",
}
"""Options that go without saying at these values, beside false, zero, `auto` and `none`."""

HIDDEN = (
    "channels",
    "units",
    "kernel",
    "bias",
    "body",
    "paths",
    "layers",
    "inputs",
    "nodes",
    "output",
    "shortcut",
    "name",
)


def label(row: Row) -> tuple[str, str]:
    """Title and details of a layer, such as `("conv 3x3, 64", "stride 2 · batch · relu")`."""
    options = row["options"]
    kind = row.get("name") or row["kind"]
    sizes = [
        times(options["kernel"]) if options.get("kernel") else "",
        str(options.get("channels") or options.get("units") or ""),
    ]
    size = ", ".join(part for part in sizes if part)
    details = [
        detail
        for option, value in options.items()
        if option not in HIDDEN and (detail := _detail(option, value))
    ]
    return f"{kind} {size}".strip(), " · ".join(details)


def times(value: object) -> str:
    """`3` -> `3x3`, `[1, 7]` -> `1x7`, with the sign for times."""
    sides = list(value) if isinstance(value, Sequence) else [value, value]
    return TIMES.join(str(side) for side in sides)


def shape_text(shape: Sequence[Any]) -> str:
    """`(32, 14, 14)` -> `32x14x14`, with the sign for times; several maps one after the other."""
    if any(isinstance(one, Sequence) for one in shape):
        return ", ".join(shape_text(one) for one in shape)
    return TIMES.join(str(side) for side in shape)


def short(number: float) -> str:
    """A count in at most three digits: `1.25 M`."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= size * 0.9995:
            return f"{number / size:.3g} {unit}"
    return f"{number:.3g}"


def rows(table: Sequence[Row], depth: int = 0, part: str = "") -> Iterator[tuple[int, str, Row]]:
    """Every layer with its depth in the tree, from the input to the output.

    The first layer of a part comes with the part's name, unless it is the only one.
    """
    for place, row in enumerate(table):
        yield depth, "" if place else part, row
        inside = row.get("parts", ())
        for inner in inside:
            name = _part_text(inner["name"]) if len(inside) > 1 else ""
            yield from rows(inner["layers"], depth + 1, name)


def _part_text(name: str) -> str:
    """`nodes.node_a` -> `a`, `edges.a_0` -> `a.0`; other parts of layers have readable names."""
    kind, _, rest = name.partition(".")
    if kind == "edges":
        return ".".join(rest.rsplit("_", 1))
    return rest.removeprefix("node_") if kind == "nodes" else name


def _field_text(sides: Sequence[int]) -> str:
    """A square field by its side, which keeps the table narrow."""
    return str(sides[0]) if len(set(sides)) == 1 else times(sides)


def layer_frame(table: Sequence[Row]) -> pd.DataFrame:
    """One row per layer: depth, layer, details, output, params, macs, activations, field.

    A layer with parts counts them in; `share` is its part of all parameters, in [0, 1].
    """
    import pandas as pd

    total = sum(row["params"] for row in table) or 1
    lines = []
    for depth, _, row in rows(table):
        title, details = label(row)
        lines.append(
            {
                "depth": depth,
                "layer": title,
                "details": details,
                "output": shape_text(row["out_shape"]),
                "params": row["params"],
                "macs": row["macs"],
                "activations": row["activations"],
                "field": _field_text(row["field"]) if row.get("field") else "",
                "share": row["params"] / total,
            }
        )
    return pd.DataFrame(lines, columns=COLUMNS)


def _detail(option: str, value: object) -> str:
    if isinstance(value, Mapping):
        value = next(iter(value), "none")
    unsaid = UNSAID.get(option, ())
    if value in (None, False, 0, "none", "auto", "") or value == unsaid:
        return ""
    if isinstance(unsaid, tuple) and value in unsaid:
        return ""
    if option in ("activation", "norm", "kind"):
        return str(value)
    if value is True:
        return option
    shown = f"{value:.3g}" if isinstance(value, float) else str(value)
    shown = times(value) if isinstance(value, (list, tuple)) else shown
    return f"{option.replace('_', ' ')} {shown}"
