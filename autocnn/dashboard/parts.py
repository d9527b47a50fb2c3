"""Small parts that several pages are made of; every text is shown as it is, never as markup."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import dcc, html

from autocnn.dashboard.address import Address
from autocnn.report.theme import to_dark

if TYPE_CHECKING:
    import plotly.graph_objects as go

Part = Any
"""A component of Dash, a text, or a list of these."""


def aria(**values: str) -> dict[str, Any]:
    """Attributes for those who hear a page: `label` becomes `aria-label`."""
    return {f"aria-{name}": value for name, value in values.items()}


def link(text: Part, address: Address, label: str = "", **values: Any) -> Part:
    """A link to another page; `label` tells more than its text to those who hear it."""
    more: dict[str, Any] = {"title": label} if label else {}
    return dcc.Link(text, href=str(address), **more, **values)


def card(title: str, *children: Part, wide: bool = False) -> Part:
    """A box with a heading."""
    head = [html.H2(title)] if title else []
    return html.Div([*head, *children], className="card wide" if wide else "card")


def badge(state: str) -> Part:
    """A state in a frame with its colour before it."""
    return html.Span(state, className=f"badge {state}")


def dot(state: str) -> Part:
    """The colour of a trial's state."""
    return html.Span(className="dot", style={"background": f"var(--{state})"})


def meter(share: float, label: str) -> Part:
    """A bar that is filled up to a share in [0, 1]."""
    width = f"{100 * min(max(share, 0), 1):.1f}%"
    bar = html.I(style={"width": width})
    return html.Div(bar, className="meter", role="img", **aria(label=label))


def table(
    heads: Mapping[str, str], rows: Sequence[Sequence[Part]], label: str, **values: Any
) -> Part:
    """A table in a box that scrolls sideways; `heads` maps headings to classes."""
    classes = list(heads.values())
    body = [
        html.Tr([html.Td(cell, className=kind) for cell, kind in zip(row, classes, strict=True)])
        for row in rows
    ]
    head = html.Tr([heading(text, className=kind) for text, kind in heads.items()])
    return scroll(html.Table([html.Thead(head), html.Tbody(body)]), label, **values)


def heading(text: Part, **values: Any) -> Part:
    """The head of a column; of one without a name an empty cell."""
    return html.Th(text, scope="col", **values) if text else html.Td()


def scroll(child: Part, label: str, **values: Any) -> Part:
    """A box that scrolls sideways, by keys too."""
    return html.Div(
        child, className="scroll", tabIndex=0, role="region", **aria(label=label), **values
    )


def muted(text: str) -> Part:
    """A remark."""
    return html.P(text, className="muted")


def picture(svg: str, label: str, **style: str) -> Part:
    """An SVG as a picture, in which no script could run."""
    text = base64.b64encode(svg.encode()).decode()
    return html.Img(src=f"data:image/svg+xml;base64,{text}", alt=label, style=style)


def graph(name: str, figure: go.Figure, title: str, caption: str, dark: bool, *more: Part) -> Part:
    """A figure in the reader's colours with its words; it keeps its zoom as it goes on."""
    document = json.loads(recoloured(figure.to_json()) if dark else figure.to_json())
    document["layout"]["uirevision"] = name
    width = ((document["layout"].get("meta") or {}).get("width")) or 0
    buttons = [["toImage", "zoom2d", "pan2d", "resetScale2d"]]
    plot = dcc.Graph(
        id=f"graph-{name}",
        figure=document,
        responsive=True,
        config={"displaylogo": False, "displayModeBar": "hover", "modeBarButtons": buttons},
        style={"minWidth": f"{width}px", "height": f"{document['layout'].get('height', 340)}px"},
    )
    words = html.Figcaption([html.B(title), caption] if title else caption)
    return html.Figure([words, *more, scroll(plot, f"{title} figure")], className="card")


def recoloured(text: str) -> str:
    """The JSON of a figure in dark colours."""
    dark = to_dark()
    return re.sub('"(#[0-9a-f]{6})"', lambda found: f'"{dark.get(found[1], found[1])}"', text)
