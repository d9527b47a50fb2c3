"""The page of one study: how it stands, its trials, and its views one section at a time."""

from __future__ import annotations

from typing import Any

from dash import html

from autocnn.dashboard.address import Address, BadOption
from autocnn.dashboard.library import Library, Sight
from autocnn.dashboard.page import Page
from autocnn.dashboard.parts import Part, aria, badge, card, dot, graph, link, meter, muted, table
from autocnn.dashboard.switches import check_switches, switched_on, toggles
from autocnn.dashboard.trial_table import trial_table
from autocnn.report.content import SECTIONS
from autocnn.report.failures import failures, warnings
from autocnn.report.header import lede
from autocnn.report.objective import Objective, duration
from autocnn.report.reproduce import facts
from autocnn.report.spread import seeds_text
from autocnn.report.summary import budget_used, networks_of, state_counts, state_of, winner
from autocnn.report.view import View
from autocnn.report.views import VIEWS

TABS = {
    "trials": "Trials",
    **{
        name: title
        for name, title in SECTIONS
        if any(view.section == name for view in VIEWS.values())
    },
    "facts": "Facts",
}
"""Part of the address -> title; those between the first and the last are sections of views."""


NOTHING = {
    "rungs": "No trial has reached a rung yet.",
    "failures": "No trial failed and none was impossible.",
}
"""What is said where a tab has nothing to show, if it is not that too few trials have a value."""


def study_page(library: Library, address: Address, dark: bool) -> Page:
    """One study; raises KeyError for one that is not there, BadOption for what no view has."""
    tab = address.options.get("view", "trials")
    if tab not in TABS:
        raise BadOption(str(address))
    views = [view for view in VIEWS.values() if view.section == tab]
    check_switches(address, {view.name: view.switches for view in views})
    needs = {name for view in views for name in view.needs} or {"trials", "events"}
    read = library.with_seeds if "others" in needs else library.study
    sight = read(address.studies[0])
    changes = tuple((name, sight.revisions.get(name, 0)) for name in sorted(needs))
    return Page(
        sight.frames.study.name,
        lambda: study_head(sight, address, tab),
        lambda: study_main(sight, address, tab, dark),
        (str(address), tuple(sight.revisions.items()), sight.complete),
        (dark, str(address), changes),
    )


def study_head(sight: Sight, address: Address, tab: str) -> Part:
    """State, name, what came out so far, budget, and the ways to its tabs."""
    frames = sight.frames
    study, trials = frames.study, frames.trials
    objective = Objective.of(study.settings)
    number = winner(trials, frames.finals, objective)
    reading = [] if sight.complete else [html.Span("reading the rest ...", className="note")]
    state = state_of(study)
    return [
        html.P(link("All studies", Address())),
        html.P([badge(state), html.Span(f"begun {study.created:%Y-%m-%d %H:%M} UTC"), *reading],
               className="eyebrow"),
        html.H1(study.name),
        html.P(lede(study, trials, number), className="lede"),
        html.Div([_best(sight, objective, number), _states(sight), _budget(sight)],
                 className="results"),
        html.Nav(
            [
                link(title, Address("study", address.studies,
                                    options={"view": name} if name != "trials" else {}),
                     className="tab chosen" if name == tab else "tab")
                for name, title in TABS.items()
            ],
            className="tabs",
            **aria(label="Views"),
        ),
    ]  # fmt: skip


def _best(sight: Sight, objective: Objective, number: int | None) -> Part:
    if number is None:
        return card("Best", muted("No trial has a value yet."))
    frames = sight.frames
    trial = frames.trials[frames.trials["number"] == number].iloc[0]
    tested = frames.finals[(frames.finals["split"] == "test") & frames.finals["value"].notna()]
    more = []
    if len(tested):
        row = tested.iloc[-1]
        value = Objective(str(row["metric"])).text(float(row["value"]))
        more = [html.P(f"test {str(row['metric']).replace('_', ' ')} {value}", className="note")]
    first = objective.ranked(frames.trials).head(1).to_dict("records")
    chosen = bool(first) and first[0]["best_value"] != trial["best_value"]
    if chosen:
        text = f"best in the search: {objective.text(first[0]['best_value'])} by trial "
        more.append(html.P([text, _to(sight, int(first[0]["number"]))], className="note"))
    return card(
        f"{objective.label.capitalize()} in the search" if chosen else f"Best {objective.label}",
        html.P(objective.text(float(trial["best_value"])), className="big"),
        html.P(["trial ", _to(sight, number), ", which the finals chose" if chosen else ""]),
        *more,
    )


def _to(sight: Sight, number: int) -> Part:
    return link(str(number), Address("trial", (sight.frames.study.id,), (number,)))


def _states(sight: Sight) -> Part:
    rows = state_counts(sight.frames.trials).to_dict("records")
    if not rows:
        return card("Trials", muted("No trial was begun yet."))
    label = ", ".join(f"{row['trials']} {row['state']}" for row in rows)
    bar = [
        html.Span(style={"flex": f"{row['trials']} 0 0", "background": f"var(--{row['state']})"})
        for row in rows
    ]
    return card(
        "Trials",
        html.P(f"{len(sight.frames.trials):,}", className="big"),
        html.Div(bar, className="states", role="img", **aria(label=label)),
        html.P(label, className="note"),
    )


def _budget(sight: Sight) -> Part:
    frames = sight.frames
    limits: dict[str, Any] = dict(frames.study.settings.get("budget") or {})
    used = budget_used(
        frames.trials, frames.progress, frames.study.seconds, limits, networks_of(frames.study)
    )
    lines: list[Part] = []
    for row in used.to_dict("records"):
        says = duration if row["kind"] == "time" else _amount
        text = f"{row['kind']} {says(row['used'])}"
        if row["share"] == row["share"]:
            label = f"{text} of {says(row['limit'])}"
            lines += [html.P(label, className="note"), meter(row["share"], label)]
        elif row["kind"] == "time":
            lines.append(html.P(f"{text}, no limit", className="note"))
    return card("Budget", *lines)


def _amount(number: float) -> str:
    return f"{number:,.1f}".removesuffix(".0")


def study_main(sight: Sight, address: Address, tab: str, dark: bool) -> Part:
    """The tab: the table of trials, a section of views, or facts."""
    if tab == "trials":
        return trial_table(sight, address)
    if tab == "facts":
        return study_facts(sight)
    found = [_view(sight, address, view, dark) for view in VIEWS.values() if view.section == tab]
    shown = [part for part in found if part is not None]
    if not shown:
        return muted(NOTHING.get(tab, "Nothing to show yet: too few trials have what this needs."))
    return [html.Div(shown, className="grid"), failed(sight) if tab == "failures" else None]


def _view(sight: Sight, address: Address, view: View, dark: bool) -> Part:
    figure = draw(view, switched_on(address, view.name, view.switches), sight)
    if figure is None:
        return None
    row = toggles(address, view.name, view.switches_for(sight.frames))
    seeds = seeds_text(len(sight.frames.others)) if "others" in view.needs else ""
    part = graph(view.name, figure, view.title, f"{view.caption}{seeds}", dark, *row)
    return html.Div(part, className="wide" if view.wide else "")


def draw(view: View, on: tuple[str, ...], sight: Sight) -> Any:
    """The figure of a view, kept while the frames that it needs are the same."""
    key = (view.name, on, *(sight.revisions.get(name, 0) for name in view.needs))
    objective, switched_on = Objective.of(sight.frames.study.settings), dict.fromkeys(on, True)
    return sight.drawn.get(key, lambda: view.figure(sight.frames, objective, **switched_on))


def failed(sight: Sight) -> Part:
    """A row for each reason of failed and impossible trials, with a few of them."""
    study = sight.frames.study.id
    rows = [
        [
            [dot(row["state"]), row["state"]],
            row["reason"],
            f"{row['trials']:,}",
            [part for number in row["numbers"]
             for part in (link(str(number), Address("trial", (study,), (number,))), " ")],
            row["detail"],
        ]
        for row in failures(sight.frames.trials).to_dict("records")
    ]  # fmt: skip
    heads = {
        "state": "nowrap",
        "reason": "nowrap",
        "trials": "n",
        "such as": "",
        "what was said": "wrap",
    }
    return card("", table(heads, rows, "Reasons"), wide=True)


def study_facts(sight: Sight) -> Part:
    """What was recorded of the study, its warnings, and its space."""
    study = sight.frames.study
    rows = [[row["part"], row["fact"], row["value"]]
            for row in facts(study).to_dict("records")]  # fmt: skip
    loud = warnings(sight.frames.events).to_dict("records")
    said = [
        [f"{row['last']:%Y-%m-%d %H:%M}", row["level"], row["message"], f"{row['times']}"]
        for row in loud
    ]
    heads = {"last": "nowrap", "level": "", "message": "wrap", "times": "n"}
    return [
        card("Warnings", table(heads, said, "Warnings"), wide=True) if said else None,
        card("Recorded facts", table({"part": "", "fact": "", "value": "wrap mono"}, rows,
                                     "Recorded facts"), wide=True),
        card("Space", html.Pre(study.space, id="space", tabIndex=0), wide=True),
    ]  # fmt: skip
