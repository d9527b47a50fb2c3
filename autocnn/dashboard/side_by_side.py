"""What differs between a few networks and recipes, in tables with a column for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from autocnn.dashboard.difference import Layer, aligned, layers, recipes, same
from autocnn.dashboard.library import Library
from autocnn.dashboard.parts import Part, card, table
from autocnn.report.objective import NONE

Network = tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]
"""A candidate as JSON and the row of its architecture, where there are such."""

UNREAD = "Not all of them could be read."


def networks_of(
    library: Library, study: str, trials: Sequence[Mapping[Any, Any]]
) -> list[Network]:
    """The candidate and the architecture of each of these trials of a study."""
    numbers = [int(one["number"]) for one in trials]
    candidates = library.candidates(study, numbers)
    digests = [one["architecture"] for one in trials if isinstance(one["architecture"], str)]
    rows = library.architectures(study, digests)
    return [
        (candidates.get(number), rows.get(one["architecture"]))
        for number, one in zip(numbers, trials, strict=True)
    ]


def marked(name: str, values: Sequence[str]) -> list[Part]:
    """A row whose values are marked where they differ, with a sign beside the colour."""
    kind = "differs" if len(set(values)) > 1 else ""
    return [name, *(html.Span(value or NONE, className=kind) for value in values)]


def recipe_card(names: Sequence[str], networks: Sequence[Network]) -> Part:
    """The recipes option by option, those that differ first."""
    found = recipes([candidate for candidate, _ in networks])
    whole = all(candidate is not None for candidate, _ in networks)
    rows = [marked(name, values) for name, values in found.items()]
    heads = {"": "", **dict.fromkeys(names, "")}
    return card("Recipes", html.P(_differing(found) if whole else UNREAD, className="note"),
                table(heads, rows, "Recipes", id="recipes"), wide=True)  # fmt: skip


def _differing(found: Mapping[str, Sequence[str]]) -> str:
    count = sum(len(set(values)) > 1 for values in found.values())
    return f"{count} of {len(found)} differ and come first." if count else "They are the same."


def network_card(names: Sequence[str], networks: Sequence[Network]) -> Part:
    """The networks layer by layer."""
    tables = [row["table"] if row else [] for _, row in networks]
    found = aligned([layers(rows) for rows in tables])
    rows = [[_cell(layer, not same(row)) for layer in row] for row in found]
    differ = sum(not same(row) for row in found)
    words = f"{differ} of {len(found)} rows differ." if differ else "The networks are the same."
    if any(row is None for _, row in networks):
        words = UNREAD
    return card(
        "Networks",
        html.P(words, className="note", id="differences"),
        table(dict.fromkeys(names, ""), rows, "Networks", id="networks"),
        wide=True,
    )


def _cell(layer: Layer | None, differs: bool) -> Part:
    if layer is None:
        return html.Span(NONE, className="differs" if differs else "")
    details = f"{layer.details} \N{RIGHTWARDS ARROW} {layer.output}".strip()
    said: list[Part] = [layer.title, html.Div(details, className="note")]
    style = {"paddingLeft": f"{layer.depth * 0.9}rem"}
    return html.Div(html.Div(said, className="differs" if differs else ""), style=style)
