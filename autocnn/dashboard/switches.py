"""What a page is told by its reader, kept in the address: switches of figures, texts to find."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dash import dcc, html

from autocnn.dashboard.address import Address, BadOption
from autocnn.dashboard.parts import Part, link


def switched(address: Address) -> set[str]:
    """The switches that are on, each with the figure that it belongs to."""
    return {*filter(None, address.options.get("on", "").split("."))}


def switched_on(address: Address, figure: str, switches: Iterable[str]) -> tuple[str, ...]:
    """Those of a figure that are on, in order."""
    return tuple(sorted(name for name in switches if f"{figure}-{name}" in switched(address)))


def check_switches(address: Address, figures: Mapping[str, Iterable[str]]) -> None:
    """Raise BadOption where one is on that none of these figures has."""
    known = {f"{figure}-{name}" for figure, switches in figures.items() for name in switches}
    if not switched(address) <= known:
        raise BadOption(str(address))


def toggles(address: Address, figure: str, switches: Mapping[str, str]) -> list[Part]:
    """A row of links, one for each switch of a figure; nothing for none."""
    on = switched_on(address, figure, switches)
    links = [
        link(
            words,
            _toggled(address, f"{figure}-{name}"),
            className="chip chosen" if name in on else "chip",
        )
        for name, words in switches.items()
    ]
    return [html.Div(links, className="chips")] if links else []


def find_field(words: str, address: Address, example: str) -> Part:
    """A field for the text that the option `find` of a page holds."""
    field = dcc.Input(
        id="find",
        type="text",
        value=address.options.get("find", ""),
        maxLength=100,
        placeholder=example,
        debounce=True,
        autoComplete="off",
    )
    return html.Div([html.Label(words, htmlFor="find"), field], className="find")


def _toggled(address: Address, name: str) -> Address:
    return address.with_options(on=".".join(sorted(switched(address) ^ {name})))
