"""An architecture drawn as SVG: layers from top to bottom, branches and skips side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape

from autocnn.report.graph_drawing import draw_graph
from autocnn.report.layers import TIMES, Row, label, shape_text, short
from autocnn.report.piece import SIDE, Piece, merge_sign, moved, pill, tip
from autocnn.report.theme import FONT, css_variables

GAP = 26  # between a layer and the next: room for a shape
ROUND = 10
COLOURS = {
    "conv": "conv",
    "linear": "linear",
    "pool": "pool",
    "global_pool": "pool",
    "adaptive_pool": "pool",
    "se": "attention",
    "cbam": "attention",
    "eca": "attention",
    "spatial_attention": "attention",
}

STYLE = (
    css_variables(".autocnn-diagram")
    + f".autocnn-diagram text{{font-family:{FONT};font-size:12px;fill:var(--ink);"
    "text-anchor:middle}"
    ".autocnn-diagram .small{font-size:10.5px;fill:var(--muted)}"
    ".autocnn-diagram .shape{font-size:10.5px;fill:var(--muted);text-anchor:start}"
    ".autocnn-diagram .title{font-weight:600}"
    ".autocnn-diagram .corner{font-size:10.5px;fill:var(--muted);text-anchor:start;"
    "font-weight:600}"
    ".autocnn-diagram .layer{fill:var(--card);stroke:var(--line)}"
    ".autocnn-diagram .frame{fill:var(--ink);fill-opacity:.025;stroke:var(--line);"
    "stroke-dasharray:4 3}"
    ".autocnn-diagram .flow{fill:none;stroke:var(--muted);stroke-width:1.3}"
    ".autocnn-diagram .skip{fill:none;stroke:var(--best);stroke-width:1.6}"
    ".autocnn-diagram .tip{fill:var(--muted)}"
    ".autocnn-diagram .merge{fill:var(--card);stroke:var(--muted);stroke-width:1.3}"
)


def diagram(table: Sequence[Row]) -> str:
    """One self-contained `<svg>` of the table that `network.table` writes, sized in pixels.

    Repeated layers are drawn once with their number; colours follow the reader's colour scheme.
    """
    if not table:
        return ""
    first, last = table[0]["in_shape"], table[-1]["out_shape"]
    piece = _stack(
        [
            _box("input", shape_text(first), "other"),
            *_pieces(table),
            _box("output", shape_text(last), "other"),
        ],
        ["", *(_changed(group[-1]) for group, _ in runs(table)), ""],
    )
    width, height = piece.width + 4, piece.height + 4
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="autocnn-diagram" role="img" '
        f'aria-label="Diagram of the network" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="-2 -2 {width:.0f} {height:.0f}"><style>{STYLE}</style>{piece.svg}</svg>'
    )


def runs(table: Sequence[Row]) -> Iterator[tuple[list[Row], int]]:
    """Cut the layers into stretches of one to eight and how often each repeats in a row."""
    keys = [_key(row) for row in table]
    start = 0
    while start < len(table):
        length, count = 1, 1
        for period in range(1, 9):
            again = 1
            pattern = keys[start : start + period]
            while keys[start + again * period : start + (again + 1) * period] == pattern:
                again += 1
            if again > 1 and again * period > length * count:
                length, count = period, again
        yield list(table[start : start + length]), count
        start += length * count


def _key(row: Row) -> object:
    """What must be equal for two layers to look alike; their paths differ always."""
    parts = [
        (part["name"], [_key(inner) for inner in part["layers"]]) for part in row.get("parts", ())
    ]
    return (row["kind"], row.get("name"), row["options"], row["in_shape"], row["out_shape"], parts)


def _changed(row: Row) -> str:
    return shape_text(row["out_shape"]) if row["out_shape"] != row["in_shape"] else ""


def _pieces(table: Sequence[Row]) -> list[Piece]:
    return [
        _layer(group[0], count) if len(group) == 1 else _frame(_column(group), f"{TIMES} {count}")
        for group, count in runs(table)
    ]


def _column(table: Sequence[Row]) -> Piece:
    """Layers one below the other; none at all is a line straight through."""
    if not table:
        return Piece(24, 24, 12, '<path class="skip" d="M12 0V24"/>', skip=True)
    shapes = [_changed(group[-1]) for group, _ in runs(table)]
    return _stack(_pieces(table), shapes[:-1])


def _layer(row: Row, count: int = 1) -> Piece:
    """One layer, with its parts drawn inside; in a frame if it is a block or repeats."""
    parts = row.get("parts") or ()
    title, details = label(row)
    repeated = f"{TIMES} {count}" if count > 1 else ""
    if not parts:
        lines = [details, f"{short(row['params'])} parameters" if row["params"] else ""]
        text = "\n".join(line for line in lines if line)
        box = _box(title, text, COLOURS.get(row["kind"], ""))
        return _frame(box, repeated) if repeated else box
    options = row["options"]
    if row["kind"] == "graph":
        drawn = {part["name"]: _column(part["layers"]) for part in parts if part["layers"]}
        return _frame(draw_graph(options, drawn), f"{title} {repeated}".strip())
    columns = [_column(part["layers"]) for part in parts]
    if row["kind"] == "residual":
        if len(parts) == 1 and options.get("shortcut") != "none":
            columns.append(_column(()))
        piece = _fork(columns, options.get("merge", "add"), columns[0].axis)
    elif len(columns) > 1:
        piece = _fork(columns, options.get("merge", "concat"))
    else:
        piece = columns[0]
    after = options.get("activation")
    if isinstance(after, dict) and "none" not in after:
        piece = _stack([piece, _box(next(iter(after)), "", "")], [""])
    name = title if row["kind"] == "group" else ""
    return _frame(piece, f"{name} {repeated}".strip()) if name or repeated else piece


def _box(title: str, lines: str, colour: str) -> Piece:
    texts = [text for text in lines.split("\n") if text]
    longest = max([len(title) * 7.0, *(len(text) * 5.7 for text in texts)])
    width, height = max(132.0, longest + 30), 26.0 + 14 * len(texts)
    middle = width / 2
    svg = [
        f'<rect class="layer" width="{width:.0f}" height="{height:.0f}" rx="7"/>',
        f'<rect width="4" height="{height - 12:.0f}" x="6" y="6" rx="2" '
        f'fill="var(--{colour or "other"})"/>',
        f'<text class="title" x="{middle:.1f}" y="17">{escape(title)}</text>',
    ]
    svg += [
        f'<text class="small" x="{middle:.1f}" y="{31 + 14 * place}">{escape(text)}</text>'
        for place, text in enumerate(texts)
    ]
    return Piece(width, height, middle, "".join(svg))


def _stack(pieces: Sequence[Piece], shapes: Sequence[str]) -> Piece:
    """Pieces one below the other with arrows; `shapes[i]` is written beside arrow i."""
    axis = max(piece.axis for piece in pieces)
    width = axis + max(piece.width - piece.axis for piece in pieces)
    svg, top = [], 0.0
    for place, piece in enumerate(pieces):
        svg.append(moved(piece, axis - piece.axis, top))
        top += piece.height
        if place < len(pieces) - 1:
            svg.append(_arrow(axis, top, top + GAP))
            if shapes[place]:
                svg.append(
                    f'<text class="shape" x="{axis + 8:.1f}" y="{top + 16:.1f}">'
                    f"{shapes[place]}</text>"
                )
            top += GAP
    return Piece(width, top, axis, "".join(svg))


def _fork(columns: Sequence[Piece], merge: str, main: float | None = None) -> Piece:
    """Columns side by side between a fork and a merge; `main` keeps the first on the axis."""
    lefts, left = [], 0.0
    for column in columns:
        lefts.append(left)
        left += column.width + SIDE
    width = left - SIDE
    axis = width / 2 if main is None else main
    head, tall = 24.0, max(column.height for column in columns)
    sign = pill(merge_sign(merge))
    bottom = head + tall + head
    svg = []
    for x, column in zip(lefts, columns, strict=True):
        middle = x + column.axis
        kind = "skip" if column.skip else "flow"
        svg.append(moved(column, x, head))
        svg.append(f'<path class="{kind}" d="{_bend(axis, 0, middle, head, late=True)}"/>')
        svg.append(
            f'<path class="{kind}" d="M{middle:.1f} {head + column.height:.1f}'
            f'V{head + tall:.1f}"/>'
        )
        svg.append(f'<path class="{kind}" d="{_bend(middle, head + tall, axis, bottom)}"/>')
        if not column.skip:
            svg.append(tip(middle, head))
    svg.append(moved(sign, axis - sign.axis, bottom - 6))
    return Piece(max(width, axis + sign.width / 2), bottom + 16, axis, "".join(svg))


def _frame(piece: Piece, title: str) -> Piece:
    pad, head = 12.0, 24.0
    axis = max(piece.axis + pad, 7.0 * len(title) + 18)
    width = axis + piece.width - piece.axis + pad
    height = piece.height + head + pad
    svg = (
        f'<rect class="frame" width="{width:.1f}" height="{height:.1f}" rx="10"/>'
        f'<text class="corner" x="10" y="16">{escape(title)}</text>'
        f'<path class="flow" d="M{axis:.1f} 0V{head:.1f}M{axis:.1f} {height - pad:.1f}'
        f'V{height:.1f}"/>' + moved(piece, axis - piece.axis, head)
    )
    return Piece(width, height, axis, svg)


def _bend(x: float, y: float, to_x: float, to_y: float, *, late: bool = False) -> str:
    """A path down, across with rounded corners, and down: across near its end or its start."""
    if abs(x - to_x) < 0.5:
        return f"M{x:.1f} {y:.1f}V{to_y:.1f}"
    level = y + 8 if late else to_y - 14
    turn = min(ROUND, abs(to_x - x) / 2, abs(level - y), abs(to_y - level))
    way = turn if to_x > x else -turn
    return (
        f"M{x:.1f} {y:.1f}V{level - turn:.1f}q0 {turn:.1f} {way:.1f} {turn:.1f}"
        f"H{to_x - way:.1f}q{way:.1f} 0 {way:.1f} {turn:.1f}V{to_y:.1f}"
    )


def _arrow(x: float, y: float, to_y: float) -> str:
    return f'<path class="flow" d="M{x:.1f} {y:.1f}V{to_y - 3:.1f}"/>' + tip(x, to_y)
