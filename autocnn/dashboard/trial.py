"""The page of one trial, and of two to four trials side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import html

from autocnn.dashboard.address import Address
from autocnn.dashboard.finals import findings, results
from autocnn.dashboard.library import Library, NotYet, Sight
from autocnn.dashboard.page import Page
from autocnn.dashboard.parts import Part, badge, card, graph, link, muted, picture, scroll, table
from autocnn.dashboard.sees import sees
from autocnn.dashboard.side_by_side import (
    Network,
    marked,
    network_card,
    networks_of,
    recipe_card,
)
from autocnn.dashboard.switches import check_switches, switched_on, toggles
from autocnn.report.curves import smoothed
from autocnn.report.drawing import diagram
from autocnn.report.layers import layer_frame, shape_text, short
from autocnn.report.objective import NONE, Objective, duration
from autocnn.report.overlay import overlay_figure
from autocnn.report.reproduce import candidate_text
from autocnn.report.summary import winner
from autocnn.report.views import TRIAL_VIEWS, VIEWS

Trial = Mapping[Any, Any]

COUNTED = {"parameters": "params", "MACs": "macs", "depth": "depth"}
"""What counts of a network are called -> their columns."""

SWITCHES = VIEWS["learning-curves"].switches
"""Those of the curves of several trials."""


def trial_page(library: Library, address: Address, dark: bool) -> Page:
    """One trial; raises KeyError for one that is not there, BadOption for what no view has."""
    check_switches(address, {view.name: view.switches for view in TRIAL_VIEWS.values()})
    sight, (trial,) = _found(library, address)
    number, frames = int(trial["number"]), sight.frames
    objective = Objective.of(frames.study.settings)
    best = number == winner(frames.trials, frames.finals, objective)
    drawn = best and frames.study.phase  # pictures of the winner come with a phase of the study
    return Page(
        f"Trial {number} of {frames.study.name}",
        lambda: trial_head(sight, trial, address, best),
        lambda: trial_main(library, sight, trial, address, dark, best),
        (str(address), tuple(sight.revisions.items())),
        (dark, str(address), drawn, best and sight.revisions.get("finals"), *_changes(sight)),
    )


def trials_page(library: Library, address: Address, dark: bool) -> Page:
    """Trials side by side; raises as `trial_page` does."""
    check_switches(address, {"trials": SWITCHES})
    sight, trials = _found(library, address)
    return Page(
        f"Trials of {sight.frames.study.name} compared",
        lambda: [html.P(_back(sight, address)), html.H1("Trials compared")],
        lambda: trials_main(
            sight, trials, networks_of(library, address.studies[0], trials), address, dark
        ),
        str(address),
        (dark, str(address), *_changes(sight)),
    )


def _changes(sight: Sight) -> tuple[int, ...]:
    return tuple(sight.revisions.get(name, 0) for name in ("trials", "progress", "decisions"))


def _found(library: Library, address: Address) -> tuple[Sight, list[Trial]]:
    sight = library.study(address.studies[0])
    trials = sight.frames.trials.set_index("number", drop=False)
    if not sight.complete and not {*address.trials} <= {*trials.index}:
        raise NotYet(address)
    return sight, [trials.loc[number].to_dict() for number in address.trials]


def _back(sight: Sight, address: Address) -> Part:
    study = Address("study", address.studies)
    return [link("All studies", Address()), " \N{RIGHTWARDS ARROW} ",
            link(sight.frames.study.name, study)]  # fmt: skip


def trial_head(sight: Sight, trial: Trial, address: Address, best: bool) -> Part:
    """State, value and costs of a trial; of the winner also what came out in the end."""
    objective = Objective.of(sight.frames.study.settings)
    number = int(trial["number"])
    return [
        html.P(_back(sight, address)),
        html.P(
            [
                badge(trial["state"]),
                html.Span(_text(trial["reason"])),
                html.B("the best trial") if best else None,
            ],
            className="eyebrow",
        ),
        html.H1(f"Trial {number}"),
        html.P(_text(trial["detail"]), className="lede"),
        html.Dl(
            [
                html.Div([html.Dt(name), html.Dd(value)])
                for name, value in _facts(trial, objective).items()
            ],
            className="facts",
        ),
        results(sight, number) if best else None,
    ]


def _facts(trial: Trial, objective: Objective) -> dict[str, str]:
    def known(value: Any, words: Any = str) -> str:
        return NONE if pd.isna(value) else words(value)

    return {
        f"best {objective.label}": objective.text(trial["best_value"]),
        "last": objective.text(trial["last_value"]),
        "best epoch": known(trial["best_epoch"], lambda value: f"{value:.3g}"),
        "images": f"{trial['images']:,}",
        "time": duration(trial["seconds"]) if trial["seconds"] else NONE,
        **{label: known(trial[name] if isinstance(trial[name], int) else None, short)
           for label, name in COUNTED.items()},
        "seed": known(trial["seed"] if isinstance(trial["seed"], int) else None),
        "worker": _text(trial["worker"]) or NONE,
    }  # fmt: skip


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def trial_main(
    library: Library, sight: Sight, trial: Trial, address: Address, dark: bool, best: bool
) -> Part:
    """Its curves, its network layer by layer, its choices, its candidate as text.

    Of the best one also what the finals found of it and what it sees.
    """
    objective, number = Objective.of(sight.frames.study.settings), int(trial["number"])
    study = address.studies[0]
    figures = []
    for view in TRIAL_VIEWS.values():
        on = dict.fromkeys(switched_on(address, view.name, view.switches), True)
        if (figure := view.figure(sight.frames, objective, number, **on)) is not None:
            row = toggles(address, view.name, view.switches)
            figures.append(graph(view.name, figure, view.title, view.caption, dark, *row))
    ((candidate, architecture),) = networks_of(library, study, [trial])
    more = (
        [*findings(sight, number, dark), *sees(library.pictures(study), address)] if best else []
    )
    choices = [[name, value] for name, value in _choices(trial).items()]
    text = candidate_text(candidate)
    return [
        html.Div(figures, className="grid") if figures else muted("It was not evaluated yet."),
        _network(architecture) if architecture else muted("No network belongs to it."),
        *more,
        card("Choices", table({"hole": "mono", "value": "wrap mono"}, choices, "Choices"),
             wide=True) if choices else None,
        card("Candidate", html.Pre(text, tabIndex=0), wide=True) if text else None,
    ]  # fmt: skip


def _choices(trial: Trial) -> dict[str, str]:
    return {
        name.removeprefix("hole."): f"{value:.6g}" if isinstance(value, float) else str(value)
        for name, value in trial.items()
        if name.startswith("hole.") and not pd.isna(value)
    }


def _network(architecture: Mapping[str, Any]) -> Part:
    heads = {"layer": "", "output": "n", "parameters": "n", "MACs": "n", "field": "n"}
    rows = [
        [
            html.Div([row["layer"], html.Div(row["details"], className="note")],
                     style={"paddingLeft": f"{row['depth'] * 1.1}rem"}),
            row["output"],
            short(row["params"]) if row["params"] else NONE,
            short(row["macs"]) if row["macs"] else NONE,
            row["field"],
        ]
        for row in layer_frame(architecture["table"]).to_dict("records")
    ]  # fmt: skip
    field = shape_text(architecture["receptive_field"])
    drawn = picture(diagram(architecture["table"]), "Diagram of the network")
    return html.Div(
        [
            html.Figure(scroll(drawn, "Diagram"), className="card"),
            card(
                "Layer by layer",
                html.P(f"receptive field {field} pixels", className="note"),
                table(heads, rows, "Layers"),
            ),
        ],
        className="network",
    )


def trials_main(
    sight: Sight,
    trials: Sequence[Trial],
    networks: Sequence[Network],
    address: Address,
    dark: bool,
) -> Part:
    """Facts, curves over each other, networks layer by layer and recipes, differences marked."""
    objective = Objective.of(sight.frames.study.settings)
    names = [f"trial {trial['number']}" for trial in trials]
    heads = {"": "", **dict.fromkeys(names, "")}
    facts = [{"state": trial["state"], **_facts(trial, objective)} for trial in trials]
    rows = [marked(name, [one[name] for one in facts]) for name in facts[0]]
    on = switched_on(address, "trials", SWITCHES)
    lines = curves(sight, address.trials, objective)
    lines = smoothed(lines, "label") if "smooth" in on else lines
    figure = overlay_figure(lines, objective, "epochs seen", log="log" in on)
    return [
        card("Side by side", table(heads, rows, "Facts", id="facts"), wide=True),
        graph("trials", figure, "Learning curves", f"{objective.label}.", dark,
              *toggles(address, "trials", SWITCHES))
        if figure
        else muted("None of them was evaluated yet."),
        network_card(names, networks),
        recipe_card(names, networks),
    ]  # fmt: skip


def curves(sight: Sight, numbers: Sequence[int], objective: Objective) -> pd.DataFrame:
    """The evaluation points of these trials: label, x (epoch), value."""
    points = sight.frames.progress
    points = points[points["trial"].isin(numbers) & points[objective.metric].notna()]
    order = {number: place for place, number in enumerate(numbers)}
    ordered = points.assign(place=points["trial"].map(order)).sort_values(["place", "images"])
    return ordered.assign(
        label="trial " + ordered["trial"].astype(str),
        x=ordered["epoch"],
        value=ordered[objective.metric],
    )[["label", "x", "value"]]
