"""Tables as HTML, for what shows itself in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

LONGEST = 200
"""Characters of a cell, at the most."""


def html_table(heads: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> str:
    """One `<table>` with a caption; every text is escaped."""
    caption = f"<caption><b>{escape(title)}</b></caption>" if title else ""
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    lines = "".join(
        f"<tr>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    start = f"<thead><tr>{head}</tr></thead>" if heads else ""
    return f"<table>{caption}{start}<tbody>{lines}</tbody></table>"


def html_facts(facts: Mapping[str, object], title: str = "") -> str:
    """One `<table>` with a row per fact."""
    return html_table((), facts.items(), title)


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return escape(text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…")
