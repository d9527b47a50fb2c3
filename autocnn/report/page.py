"""The report: one HTML file that shows what a study found and opens without a network."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocnn.report.theme import page_variables, to_dark
from autocnn.report.view import least_width
from autocnn.whole_file import write_whole

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from autocnn.store import Store


LONG_NUMBER = re.compile(r"(?<=[\[,:])(-?(?:0\.0*[1-9]\d{4}|[1-9]\d*\.\d{4}))\d+(?=[,\]}])")
"""A number in JSON of more than five digits, those after the point beyond them apart."""


def write_report(store: Store, study_name: str, path: str | Path) -> Path:
    """Write the report of a study, at any moment of its life, and return where it lies.

    The file is complete or untouched: it is written beside and moved into place. Raises
    StoreError for an unknown study and OSError where the file cannot be written.
    """
    from autocnn.report.content import content

    text = render(content(store, study_name))
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, text.encode())
    return target


def render(content: Mapping[str, Any]) -> str:
    """Fill the page; every text is escaped and only the page's own scripts may run."""
    from jinja2 import DictLoader, Environment, StrictUndefined
    from markupsafe import Markup
    from plotly.offline import get_plotlyjs

    here = files("autocnn.report")
    environment = Environment(
        loader=DictLoader({"page": (here / "page.html").read_text("utf-8")}),
        autoescape=True,
        undefined=StrictUndefined,
    )
    environment.filters["moment"] = moment
    scripts = [
        script.replace("\r\n", "\n").replace("\r", "\n")
        for script in (get_plotlyjs(), (here / "page.js").read_text("utf-8"))
    ]
    css = page_variables()
    from autocnn import __version__

    return environment.get_template("page").render(
        {
            **content,
            "figures": {
                name: {on: figure_json(figure) for on, figure in drawn.items() if figure}
                for name, drawn in content["figures"].items()
            },
            "widths": {name: least_width(drawn[""]) for name, drawn in content["figures"].items()},
            "diagram": Markup(content["diagram"]),  # escaped where it is drawn
            "css": Markup(css + (here / "page.css").read_text("utf-8")),
            "scripts": [Markup(script) for script in scripts],
            "script_hashes": Markup(" ".join(_hash(script) for script in scripts)),
            "to_dark": Markup(inert(json.dumps(to_dark()))),
            "version": __version__,
            "now": datetime.now(UTC),
        }
    )


def moment(when: datetime) -> str:
    """A time in words, such as `22 November 2026, 14:05 UTC`."""
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def inert(text: str) -> str:
    """JSON that no HTML parser can take for markup."""
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


def figure_json(figure: go.Figure) -> Any:
    """A figure as JSON for a script element, its numbers with the digits that can be seen."""
    from markupsafe import Markup

    return Markup(inert(LONG_NUMBER.sub(r"\1", figure.to_json())))


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
