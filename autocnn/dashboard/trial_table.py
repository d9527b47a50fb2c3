"""The trials of a study as a table that filters, sorts and turns pages."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING, Any

from dash import html

from autocnn.dashboard.address import Address
from autocnn.dashboard.library import Sight
from autocnn.dashboard.parts import Part, aria, card, dot, heading, link, muted, scroll
from autocnn.dashboard.studies import comparison_link, pick_link
from autocnn.dashboard.switches import find_field
from autocnn.report.layers import short
from autocnn.report.objective import NONE, Objective, duration
from autocnn.report.summary import state_counts

if TYPE_CHECKING:
    import pandas as pd

ROWS = 50
COLUMNS: Mapping[str, tuple[str, str]] = {
    "number": ("trial", "number"),
    "state": ("state", "state"),
    "value": ("best", "best_value"),
    "last": ("last", "last_value"),
    "epoch": ("best epoch", "best_epoch"),
    "params": ("parameters", "params"),
    "macs": ("MACs", "macs"),
    "seconds": ("time", "seconds"),
}
"""Name in the address -> heading and column of the frame."""


def filtered(trials: pd.DataFrame, options: Mapping[str, str]) -> pd.DataFrame:
    """The trials in the state `state` in which the text `find` stands, sorted by `sort`.

    A text is looked for in numbers, states, reasons and choices (`hole=value`); missing values
    come last. Trials with the same value stay in the order of their numbers.
    """
    if state := options.get("state"):
        trials = trials[trials["state"] == state]
    if find := options.get("find", "").strip().casefold():
        trials = trials[[find in text for text in _texts(trials)]]
    sort = options.get("sort", "number")
    column = COLUMNS[sort.removeprefix("-")][1]
    ordered = trials.sort_values("number")
    return ordered.sort_values(column, ascending=sort[0] != "-", kind="stable")


def _texts(trials: pd.DataFrame) -> list[str]:
    """What a text is looked for in, one per trial, in small letters."""
    reasons = trials["reason"].fillna("")
    texts = [
        f"{number} {state} {reason}"
        for number, state, reason in zip(trials["number"], trials["state"], reasons, strict=True)
    ]
    for name in trials.columns[trials.columns.str.startswith("hole.")]:
        known = trials[name].notna()
        hole = name.removeprefix("hole.")
        texts = [
            f"{text}\n{hole}={value}" if there else text
            for text, value, there in zip(texts, trials[name], known, strict=True)
        ]
    return [text.casefold() for text in texts]


def trial_table(sight: Sight, address: Address) -> Part:
    """State counts that filter, a field to find choices in, and a page of the table."""
    trials = sight.frames.trials
    objective = Objective.of(sight.frames.study.settings)
    if trials.empty:
        return muted("No trial was begun yet.")
    rows = filtered(trials, address.options)
    pages = max(1, -(-len(rows) // ROWS))
    page = min(int(address.options.get("page", "1")), pages)
    shown = rows.iloc[(page - 1) * ROWS : page * ROWS]
    target = Address("trials", address.studies, tuple(int(one) for one in address.picked))
    return card(
        "Trials",
        _states(trials, address),
        find_field("Find choices, states or reasons", address, "kernel=3, sgd, rung ..."),
        comparison_link(address, target, "trials"),
        html.P(f"{len(rows):,} of {len(trials):,} trials", id="count", className="note",
               role="status"),
        scroll(
            html.Table(
                [
                    html.Thead(html.Tr([heading(""), *_heads(address)])),
                    html.Tbody([_row(row, objective, address)
                                for row in shown.to_dict("records")]),
                ]
            ),
            "Trials",
            id="trials",
        ),
        _pages(address, page, pages),
        wide=True,
    )  # fmt: skip


def _states(trials: pd.DataFrame, address: Address) -> Part:
    """One link per state with its number of trials; the chosen one goes back to all."""
    chosen = address.options.get("state", "")
    links = [
        link(
            [dot(row["state"]), f"{row['state']} {row['trials']:,}"],
            address.with_options(state="" if row["state"] == chosen else row["state"], page=""),
            label=row["meaning"],
            className="chip chosen" if row["state"] == chosen else "chip",
        )
        for row in state_counts(trials).to_dict("records")
    ]
    return html.Div(links, className="chips", id="states")


def _heads(address: Address) -> list[Part]:
    now = address.options.get("sort", "number")
    heads = []
    for name, (title, _) in COLUMNS.items():
        # Values and times are most often wanted from the best or longest.
        first = f"-{name}" if name in ("value", "last", "seconds") else name
        second = name if first[0] == "-" else f"-{name}"
        arrow = {name: " \N{UPWARDS ARROW}", f"-{name}": " \N{DOWNWARDS ARROW}"}.get(now, "")
        sort = {name: "ascending", f"-{name}": "descending"}.get(now, "none")
        target = address.with_options(sort=second if now == first else first, page="")
        heads.append(
            heading(
                link(f"{title}{arrow}", target),
                className="" if name == "state" else "n",
                **aria(sort=sort),
            )
        )
    return heads


def _row(row: Mapping[Any, Any], objective: Objective, address: Address) -> Part:
    number = int(row["number"])
    reason = row["reason"] if row["reason"] != row["state"] else None
    cells = [
        link(f"{number}", Address("trial", address.studies, (number,))),
        [
            dot(row["state"]),
            f"{row['state']}: {reason}" if isinstance(reason, str) else row["state"],
        ],
        objective.text(row["best_value"]),
        objective.text(row["last_value"]),
        NONE if isnan(row["best_epoch"]) else f"{row['best_epoch']:.3g}",
        *(_count(row[name]) for name in ("params", "macs")),
        duration(row["seconds"]) if row["seconds"] else NONE,
    ]
    classes = ["" if name == "state" else "n" for name in COLUMNS]
    pick = html.Td(pick_link(address, str(number), f"trial {number}"))
    return html.Tr(
        [pick, *(html.Td(cell, className=kind) for cell, kind in zip(cells, classes, strict=True))]
    )


def _count(value: Any) -> str:
    return short(value) if isinstance(value, int) else NONE


def _pages(address: Address, page: int, pages: int) -> Part:
    if pages == 1:
        return None
    steps = {"First": 1, "Previous": page - 1, "Next": page + 1, "Last": pages}
    links = [
        link(name, address.with_options(page=str(to) if to > 1 else ""), className="button")
        for name, to in steps.items()
        if 1 <= to <= pages and to != page
    ]
    return html.Nav([html.Span(f"page {page:,} of {pages:,}"), *links], className="pages",
                    **aria(label="Pages"))  # fmt: skip
