"""Colours of the report, light and dark, for its page, its figures and its diagram."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from math import floor, log10
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

LIGHT = {
    "paper": "#f6f7f8",
    "card": "#ffffff",
    "ink": "#1a2026",
    "muted": "#5a6572",
    "line": "#d9dee4",
    "grid": "#e9ecef",
    "accent": "#0b6a6d",
    "best": "#c8501e",
    "code": "#f0f2f4",
    "conv": "#11797c",
    "linear": "#3d5fb0",
    "pool": "#a87a16",
    "other": "#77828f",
    "attention": "#8a4fa3",
    "completed": "#107578",
    "stopped": "#6d9fb8",
    "paused": "#c99a2e",
    "running": "#3b6fd1",
    "waiting": "#c3cad2",
    "infeasible": "#959fab",
    "duplicate": "#adb5be",
    "failed": "#b8324a",
    "scale0": "#dce4e8",
    "scale1": "#a8cccd",
    "scale2": "#66abac",
    "scale3": "#24817f",
    "scale4": "#084c4f",
    "error0": "#fdf6f2",
    "error1": "#f0b694",
    "error2": "#c74b18",
    "line1": "#0072b2",
    "line2": "#00845c",
    "line3": "#b24f87",
    "line4": "#5e4700",
    "line5": "#6a4fd0",
}
"""Name of a colour -> hex; every value differs, so that a figure's colours can be looked up."""

DARK = {
    "paper": "#0f1317",
    "card": "#171c22",
    "ink": "#e7ebef",
    "muted": "#9ca8b4",
    "line": "#303943",
    "grid": "#252d36",
    "accent": "#5cc8c4",
    "best": "#ff9a66",
    "code": "#1d242b",
    "conv": "#4dbab7",
    "linear": "#8fa8ec",
    "pool": "#dcb254",
    "other": "#8d99a6",
    "attention": "#c795dc",
    "completed": "#46b0ad",
    "stopped": "#4d7f99",
    "paused": "#d9ad48",
    "running": "#7ba3f2",
    "waiting": "#49545f",
    "infeasible": "#6a7683",
    "duplicate": "#58636f",
    "failed": "#ec6a80",
    "scale0": "#2b353d",
    "scale1": "#2c5c5f",
    "scale2": "#36898a",
    "scale3": "#58bab5",
    "scale4": "#b4f5e9",
    "error0": "#1f2022",
    "error1": "#7d4226",
    "error2": "#ff9560",
    "line1": "#58aee8",
    "line2": "#3cc795",
    "line3": "#e58fc3",
    "line4": "#e0b23a",
    "line5": "#8170f4",
}

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

SCALE = [[step / 4, LIGHT[f"scale{step}"]] for step in range(5)]
"""Low to high, in plotly's form; low values recede into the background."""

EDGE = {"color": LIGHT["muted"], "width": 0.6}
"""Around a dot in one of these, so that the lowest can be seen too."""

LINES = [LIGHT["best"], *(LIGHT[f"line{number}"] for number in range(1, 6))]
"""Colours of lines that are named, after Okabe and Ito: told apart without seeing red or green."""

LEGEND: Mapping[str, object] = {
    "orientation": "h",
    "x": 0,
    "y": 1.02,
    "yanchor": "bottom",
    "font": {"size": 11},
    "itemsizing": "constant",
}
"""A legend above the figure, in one row where there is room."""

ERRORS = [[step / 2, LIGHT[f"error{step}"]] for step in range(3)]


AXIS_NAME = re.compile(r"[xy]axis\d*")
AXIS: Mapping[str, Any] = {
    "gridcolor": LIGHT["grid"],
    "linecolor": LIGHT["line"],
    "zeroline": False,
    "automargin": True,
    "title": {"font": {"size": 12}, "standoff": 8},
}
LAYOUT: Mapping[str, Any] = {
    "template": {"layout": {}},
    "autosize": True,
    "margin": {"l": 8, "r": 12, "t": 12, "b": 8},
    "font": {"family": FONT, "size": 12, "color": LIGHT["muted"]},
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "hovermode": "closest",
    "hoverlabel": {
        "bgcolor": LIGHT["card"],
        "bordercolor": LIGHT["line"],
        "font": {"color": LIGHT["ink"], "family": FONT, "size": 12},
        "align": "left",
    },
    "showlegend": False,
}
"""What all figures have, and each of their axes."""


def page_variables() -> str:
    """CSS that gives a whole page the colours and the font."""
    return css_variables(":root") + f"body{{font-family:{FONT}}}"


def css_variables(selector: str) -> str:
    """CSS that gives `selector` one variable per colour, following the reader's colour scheme."""
    light, dark = (
        "".join(f"--{name}:{value};" for name, value in colours.items())
        for colours in (LIGHT, DARK)
    )
    return (
        f"{selector}{{{light}color-scheme:light dark}}"
        f"@media screen and (prefers-color-scheme: dark){{{selector}{{{dark}}}}}"
    )


def to_dark() -> dict[str, str]:
    """Light colour -> dark colour, for the page's script to recolour figures with."""
    return {LIGHT[name]: DARK[name] for name in LIGHT}


def plain(text: object, longest: int = 60) -> str:
    """Text that plotly shows as it is: no markup, one line, at most `longest` characters."""
    line = " ".join(str(text).split())
    return escape(line if len(line) <= longest else f"{line[: longest - 1]}…", quote=False)


def log_ticks(
    values: pd.Series[Any], says: Callable[[float], str]
) -> dict[str, list[float] | list[str]]:
    """Ticks at 1, 2 and 5 times powers of ten around the values, at powers alone if many.

    None are set where the values are so close that fewer than two would lie among them. Around a
    single value plotly shows a power of ten to either side.
    """
    known = values[values > 0]
    if known.empty:
        return {}
    low, high = float(known.min()), float(known.max())
    powers = range(floor(log10(low)) - 1, floor(log10(high)) + 2)
    steps = (1, 2, 5) if len(powers) <= 5 else (1,)
    ticks = [step * 10.0**power for power in powers for step in steps]
    if low < high and sum(low <= tick <= high for tick in ticks) < 2:
        return {}
    return {"tickvals": ticks, "ticktext": [says(tick) for tick in ticks]}


def whole_ticks(most: float) -> dict[str, int]:
    """An axis of counts up to `most`, without ticks between whole numbers."""
    return {"dtick": 1} if most < 5 else {}


def figure(*traces: object, height: int = 340, **layout: Any) -> go.Figure:
    """A plotly figure in the report's style, in light colours."""
    import plotly.graph_objects as go

    named = {name: part for name, part in layout.items() if AXIS_NAME.fullmatch(name)}
    axes = {"xaxis": {}, "yaxis": {}} | named
    style = {name: {**AXIS, **part, "title": AXIS["title"] | part.get("title", {})}
             for name, part in axes.items()}  # fmt: skip
    # All at once: plotly checks the whole layout each time that it is changed.
    return go.Figure(list(traces), {**LAYOUT, "height": height, **layout, **style})
