"""The app: one callback that shows the page of an address, again and again; all else is pure."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from autocnn.dashboard.address import Address, BadOption, NotFound
from autocnn.dashboard.library import Library, NotYet, Sight, Trouble
from autocnn.dashboard.page import Page
from autocnn.dashboard.parts import Part, aria, link
from autocnn.dashboard.studies import comparison_page, studies_page
from autocnn.dashboard.study import study_page
from autocnn.dashboard.trial import trial_page, trials_page
from autocnn.report.objective import duration
from autocnn.report.theme import page_variables

POLL = 2000
"""Milliseconds between two looks at the store."""

INDEX = """<!doctype html>
<html lang="en">
<head>{%metas%}<title>{%title%}</title>{%favicon%}{%css%}
<link rel="stylesheet" href="/autocnn.css"></head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


def make_app(library: Library) -> Dash:
    """The app over a library, without a server's safeguards (see `guard`)."""
    app = Dash(
        "autocnn",
        title="autocnn",
        update_title="",
        index_string=INDEX,
        assets_folder=str(files("autocnn.dashboard") / "assets"),
        serve_locally=True,
        suppress_callback_exceptions=True,
        add_log_handler=False,
        enable_mcp=False,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    app.layout = layout()
    in_browser: Any = app.clientside_callback
    in_browser(
        ClientsideFunction("autocnn", "scheme"), Output("scheme", "data"), Input("url", "pathname")
    )
    in_browser(
        ClientsideFunction("autocnn", "title"), Output("titled", "data"), Input("title", "data")
    )
    app.callback(
        Output("banner", "children"),
        Output("head", "children"),
        Output("main", "children"),
        Output("title", "data"),
        Output("shown", "data"),
        Input("url", "pathname"),
        Input("url", "search"),
        Input("scheme", "data"),
        Input("tick", "n_intervals"),
        State("shown", "data"),
        running=[(Output("tick", "disabled"), True, False)],
    )(lambda path, query, scheme, _, shown: show(library, path, query, scheme, shown))
    app.callback(
        Output("url", "search"),
        Input("find", "value"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )(find)
    return app


def layout() -> Part:
    """What is the same on every page."""
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            dcc.Interval(id="tick", interval=POLL),
            dcc.Store(id="scheme"),
            dcc.Store(id="shown"),
            dcc.Store(id="title"),
            dcc.Store(id="titled"),
            html.A("Skip to the content", href="#main", className="skip"),
            html.Div(id="banner", role="status", **aria(live="polite")),
            html.Header(id="head"),
            html.Main(id="main", tabIndex=-1),
        ],
        className="dashboard",
    )


def page_of(library: Library, address: Address, dark: bool) -> Page:
    """The page of an address; raises KeyError where what it is about is not there."""
    if address.page == "studies":
        return studies_page(library, address)
    if address.page == "study":
        return study_page(library, address, dark)
    pages = {"comparison": comparison_page, "trial": trial_page, "trials": trials_page}
    return pages[address.page](library, address, dark)


def show(
    library: Library, path: str | None, query: str | None, scheme: str | None, shown: Any
) -> tuple[Any, Any, Any, Any, Any]:
    """Banner, head, main, title and keys of the page; what is as `shown` already is not sent.

    A page that is new shows what is known; each look again at the same one may read more.
    """
    if scheme is None:
        return (no_update,) * 5
    before, at = shown if isinstance(shown, dict) else {}, f"{path}{query or ''}"
    try:
        address = Address.read(path or "/", query or "")
        if before.get("at") == at:
            library.read_on(address.studies)
        page = page_of(library, address, scheme == "dark")
    except NotYet:
        page = waiting(library.study(address.studies[0]), address)
    except (NotFound, BadOption, KeyError):
        page = missing(library.trouble)
    keys = {"at": at, "head": json.dumps(page.head_key), "main": json.dumps(page.main_key),
            "title": page.title}  # fmt: skip
    return (
        banner(library.trouble),
        no_update if before.get("head") == keys["head"] else page.head(),
        no_update if before.get("main") == keys["main"] else page.main(),
        no_update if before.get("title") == page.title else page.title,
        no_update if before == keys else keys,
    )


def waiting(sight: Sight, address: Address) -> Page:
    """The page for what may come with the rest of a study that is still being read."""
    name, count = sight.frames.study.name, len(sight.frames.trials)
    text = f"The study is being read: {count:,} trials so far; what you ask for is not among them."
    study = Address("study", address.studies)
    return Page(
        name,
        lambda: [html.H1(name), html.P(text, className="lede")],
        lambda: html.P(link("The study so far", study)),
        ("waiting", text),
        ("waiting", str(study)),
    )


def missing(trouble: Trouble | None) -> Page:
    """The page for addresses of nothing, or of what could not be read yet."""
    text = "The store could not be read yet." if trouble else "There is no such page here."
    return Page(
        "Not found",
        lambda: [html.H1("Nothing here"), html.P(text, className="lede")],
        lambda: html.P(link("All studies", Address())),
        ("missing", text),
        ("missing", text),
    )


def banner(trouble: Trouble | None) -> Part:
    """What is wrong with the store, and how old what is shown is."""
    if trouble is None:
        return None
    age = duration(max(1, round(trouble.seconds)))
    text = f"The store cannot be read; what you see is {age} old. {trouble.text}"
    return html.Div(text, className="banner", role="alert")


def find(value: str | None, path: str | None, query: str | None) -> Any:
    """The query of a page that filters its trials or images by a text."""
    try:
        address = Address.read(path or "/", query or "")
        wanted = address.with_options(find=(value or "").strip(), page="")
        target = Address.read(path or "/", str(wanted).partition("?")[2])
    except (NotFound, BadOption):
        return no_update
    if target == address:
        return no_update
    _, sign, search = str(target).partition("?")
    return sign + search


def style() -> str:
    """The style sheet: the report's, then what the dashboard adds."""
    sheets = [
        (files("autocnn.report") / "page.css").read_text("utf-8"),
        (files("autocnn.dashboard") / "dashboard.css").read_text("utf-8"),
    ]
    return page_variables() + "".join(sheets)
