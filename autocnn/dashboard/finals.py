"""What the finals found of the winner: its values, by class, label or value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from autocnn.dashboard.library import Sight
from autocnn.dashboard.parts import Part, card, graph, table
from autocnn.report.header import result_words
from autocnn.report.objective import Objective
from autocnn.report.outputs import CAPTIONS, NOTES, outputs

Rows = Sequence[Mapping[str, Any]]

SHARES = {"precision": "precision", "recall": "recall", "95 % interval": "range", "F1": "f1"}
TABLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "per_class": ("Per class", {"class": "name", "images": "images", **SHARES}),
    "per_label": (
        "Per label",
        {"label": "name", "images": "images", **SHARES, "average precision": "average_precision"},
    ),
    "per_value": (
        "Per value",
        {"value": "name", "bias": "bias", "MAE": "mae", "RMSE": "rmse"},
    ),
}
"""What the finals found -> the title of its table, and its heads with what stands below them."""

MISTAKES = {"class": "true", "taken for": "taken_for", "images": "images", "of the class": "share"}


def results(sight: Sight, number: int) -> Part:
    """A card for each value of the winner, with its interval and what that means."""
    frames = sight.frames
    objective = Objective.of(frames.study.settings)
    found = result_words(frames.study, frames.trials, frames.finals, objective, number)
    cards = [
        card(
            result["label"],
            html.P(result["text"], className="big"),
            html.P(f"95 % interval {result['low_text']} to {result['high_text']}")
            if result["strip"]
            else None,
            html.P(result["note"], className="note"),
            html.P(result["meaning"], className="note"),
        )
        for result in found
    ]
    return html.Div(cards, className="results") if cards else None


def findings(sight: Sight, number: int, dark: bool) -> list[Part]:
    """Confusion, calibration and a table, or what there is instead; nothing before the finals."""
    words, figures = outputs(sight.frames.study, sight.frames.finals, number)
    if not words["outputs_note"]:
        return []
    drawn = [_figure(name, made[""], words, dark) for name, made in figures.items()]
    if words["confusions"]:
        rows = _table(MISTAKES, words["confusions"], "Most frequent mistakes")
        drawn.insert(1, card("Most frequent mistakes", rows))
    tables = [
        card(title, html.P(NOTES[kind], className="note"), _table(heads, words[kind], title),
             wide=True)
        for kind, (title, heads) in TABLES.items()
        if words[kind]
    ]  # fmt: skip
    head = html.Div([html.H2(words["outputs"]), html.P(words["outputs_note"])], id="measured")
    return [head, html.Div(drawn, className="grid") if drawn else None, *tables]


def _figure(name: str, figure: Any, words: Mapping[str, Any], dark: bool) -> Part:
    kind, _, place = name.partition("-")
    title, caption = CAPTIONS[kind]
    return graph(name, figure, words["drawn"][int(place)] if kind == "value" else title, caption,
                 dark)  # fmt: skip


def _table(heads: Mapping[str, str], rows: Rows, title: str) -> Part:
    texts = {"class", "label", "value", "taken for"}
    classes = {head: "" if head in texts else "n" for head in heads}
    return table(classes, [[row[key] for key in heads.values()] for row in rows], title)
