"""The first page: the studies of the store, and two to four of them side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import html

from autocnn.dashboard.address import MOST, Address
from autocnn.dashboard.library import Library, Sight
from autocnn.dashboard.page import Page
from autocnn.dashboard.parts import (
    Part,
    aria,
    badge,
    card,
    graph,
    link,
    meter,
    muted,
    picture,
    table,
)
from autocnn.dashboard.side_by_side import (
    Network,
    marked,
    network_card,
    networks_of,
    recipe_card,
)
from autocnn.dashboard.sparkline import sparkline
from autocnn.report.objective import NONE, Objective, counted, duration
from autocnn.report.overlay import overlay_figure
from autocnn.report.summary import budget_used, state_of, winner
from autocnn.report.summary import networks_of as trained_by

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 100


def studies_page(library: Library, address: Address) -> Page:
    """All studies, the newest first, with links to pick some for a comparison."""
    found = library.studies()
    sights = [library.study(study.id, points=False) for study in found[:SHOWN]]
    key = (str(address), tuple(tuple(sight.revisions.items()) for sight in sights), len(found))
    return Page(
        "Studies",
        lambda: studies_head(len(found), address),
        lambda: studies_table(sights, address),
        (str(address), len(found)),
        key,
    )


def studies_head(count: int, address: Address) -> Part:
    """What the page is, and the way to the comparison of what is picked."""
    words = "1 study" if count == 1 else f"{count:,} studies"
    more = f"; the newest {SHOWN} are listed" if count > SHOWN else ""
    return [
        html.H1("Studies"),
        html.P(f"{words} in this store{more}.", className="lede"),
        comparison_link(address, Address("comparison", address.picked), "studies"),
    ]


def comparison_link(address: Address, target: Address, what: str) -> Part:
    """The way to the comparison of what is picked."""
    count = len(address.picked)
    if count < 2:
        return html.P(f"Pick two to {MOST} {what} to compare them.", className="note")
    compare = link(f"Compare these {count} {what}", target, id="compare", className="button")
    none = link("Pick none", address.with_options(pick=""), className="quiet")
    return html.P([compare, " ", none])


def pick_link(address: Address, one: str, name: str) -> Part:
    """A link that picks one more, or one less; none where no more fit."""
    picked = one in address.picked
    if not picked and len(address.picked) >= MOST:
        return html.Span("\N{BALLOT BOX}", className="muted", title=f"no more than {MOST}")
    label = f"{'Do not compare' if picked else 'Compare'} {name}"
    sign = "\N{BALLOT BOX WITH CHECK}" if picked else "\N{BALLOT BOX}"
    said = [html.Span(sign, **aria(hidden="true")), html.Span(label, className="heard")]
    return link(said, address.toggled(one), className="pick")


def studies_table(sights: Sequence[Sight], address: Address) -> Part:
    """One row per study: state, budget, trials, best value and how it came."""
    if not sights:
        return muted("No studies yet; `autocnn search SPACE` makes one.")
    heads = {"": "", "study": "", "state": "", "best": "n", "best so far": "", "trials": "n",
             "budget": "", "begun (UTC)": "n"}  # fmt: skip
    rows = [_row(sight, address) for sight in sights]
    return card("", table(heads, rows, "Studies", id="studies"), wide=True)


def _row(sight: Sight, address: Address) -> list[Part]:
    study, trials = sight.frames.study, sight.frames.trials
    objective = Objective.of(study.settings)
    values = counted(trials).sort_values("number")["best_value"]
    best = objective.best_so_far(values).tolist()
    line = sparkline(best if objective.maximize else [-value for value in best])
    return [
        pick_link(address, study.id, study.name),
        link(study.name, Address("study", (study.id,)), className="name"),
        badge(state_of(study)),
        html.Span(
            objective.text(best[-1] if best else None) + (" *" if objective.fidelity else ""),
            title=objective.label,
        ),
        picture(line, "") if line else NONE,
        f"{len(trials):,}",
        budget(sight),
        f"{study.created:%Y-%m-%d %H:%M}",
    ]


def budget(sight: Sight) -> Part:
    """What was used of the limit that is nearest, or the seconds where there is none."""
    study = sight.frames.study
    limits: Mapping[str, Any] = study.settings.get("budget") or {}
    used = budget_used(
        sight.frames.trials, sight.frames.progress, study.seconds, limits, trained_by(study)
    )
    known = used[used["share"].notna()]
    if known.empty:
        return duration(study.seconds)
    row = known.sort_values("share").iloc[-1]
    share = float(row["share"])
    label = f"{share:.0%} of {_amount(row['limit'], row['kind'])} used"
    return [html.Span(label, className="note nowrap"), meter(share, label)]


def _amount(limit: float, kind: str) -> str:
    return duration(limit) if kind == "time" else f"{limit:,.6g} {kind}"


def comparison_page(library: Library, address: Address, dark: bool) -> Page:
    """Two to four studies side by side; raises KeyError for one that is not there."""
    sights = [library.study(study) for study in address.studies]
    seen = tuple(tuple(sight.revisions.items()) for sight in sights)
    key = (dark, str(address), library.trouble is None, seen)
    return Page(
        "Studies compared",
        lambda: [html.P(link("All studies", Address())), html.H1("Studies compared")],
        lambda: comparison(library, sights, dark),
        str(address),
        key,
    )


def comparison(library: Library, sights: Sequence[Sight], dark: bool) -> Part:
    """Facts with differences marked, the best values so far in one figure, and the winners."""
    facts = {_name(sight, place): _facts(sight) for place, sight in enumerate(sights, start=1)}
    names = list(next(iter(facts.values())))
    rows = [marked(name, [column[name] for column in facts.values()]) for name in names]
    side = card("Side by side", table({"": "", **dict.fromkeys(facts, "")}, rows, "Facts"),
                wide=True)  # fmt: skip
    return [side, _lines(sights, dark), *_winners(library, sights)]


def _lines(sights: Sequence[Sight], dark: bool) -> Part:
    objective = Objective.of(sights[0].frames.study.settings)
    if len({Objective.of(sight.frames.study.settings) for sight in sights}) > 1:
        return muted("They search for different things, so no common figure is drawn.")
    figure = overlay_figure(best_lines(sights, objective), objective, "trial", steps=True)
    if figure is None:
        return muted("No trial has a value yet.")
    return graph("studies", figure, "Best so far", "Over trials.", dark)


def _winners(library: Library, sights: Sequence[Sight]) -> list[Part]:
    """The best networks and their recipes, of those studies that have one."""
    found: dict[str, Network] = {}
    for place, sight in enumerate(sights, start=1):
        frames = sight.frames
        number = winner(frames.trials, frames.finals, Objective.of(frames.study.settings))
        if number is not None:
            trial = frames.trials[frames.trials["number"] == number].iloc[0].to_dict()
            (network,) = networks_of(library, frames.study.id, [trial])
            found[f"{_name(sight, place)}, trial {number}"] = network
    if len(found) < 2:
        return []
    names, networks = [*found], [*found.values()]
    return [network_card(names, networks), recipe_card(names, networks)]


def best_lines(sights: Sequence[Sight], objective: Objective) -> pd.DataFrame:
    """The best value so far of each study over its trials: label, x (trial), value."""
    import pandas as pd

    parts = []
    for place, sight in enumerate(sights, start=1):
        known = counted(sight.frames.trials).sort_values("number")
        best = objective.best_so_far(known["best_value"])
        last = best.ne(best.shift()) | (known["number"] == known["number"].max())
        part = pd.DataFrame({"x": known["number"][last], "value": best[last]})
        parts.append(part.assign(label=_name(sight, place)))
    return pd.concat(parts, ignore_index=True)


def _name(sight: Sight, place: int) -> str:
    return f"{place}: {sight.frames.study.name}"


def _facts(sight: Sight) -> dict[str, str]:
    study, trials = sight.frames.study, sight.frames.trials
    objective = Objective.of(study.settings)
    ranked = objective.ranked(trials)
    best = ranked.iloc[0] if len(ranked) else None
    search = study.identity.get("search") or {}
    return {
        "state": state_of(study),
        "searches for": objective.label,
        "best": objective.text(None if best is None else float(best["best_value"])),
        "best trial": NONE if best is None else str(best["number"]),
        "trials": f"{len(trials):,}",
        "with a value": f"{len(ranked):,}",
        "time": duration(study.seconds),
        "strategy": str(search.get("strategy", NONE)),
        "stopping": str(search.get("stopping", NONE)),
        "seed": str(study.seed),
        "data": str(study.data.get("source", NONE)),
        "data fingerprint": study.data_fingerprint[:12],
        "space": study.digest[:12],
    }
