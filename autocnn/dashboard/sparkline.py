"""A small line of the best value so far, as a picture."""

from __future__ import annotations

from collections.abc import Sequence

from autocnn.report.ranks import evenly
from autocnn.report.theme import css_variables

WIDTH, HEIGHT, POINTS = 120, 28, 60


def sparkline(values: Sequence[float]) -> str:
    """SVG of values from left to right; empty for none."""
    if not values:
        return ""
    chosen = [values[place] for place in evenly(len(values), POINTS)]
    low, high = min(chosen), max(chosen)
    room = (high - low) or 1.0
    step = (WIDTH - 8) / max(len(chosen) - 1, 1)
    places = [
        (4 + step * place, HEIGHT - 4 - (HEIGHT - 8) * (value - low) / room)
        for place, value in enumerate(chosen)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    x, y = places[-1]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}"><style>{css_variables("svg")}</style>'
        f'<polyline points="{line}" fill="none" stroke="var(--accent)" stroke-width="1.6"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6" fill="var(--best)"/></svg>'
    )
