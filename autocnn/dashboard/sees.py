"""What the winner sees: images with what spoke for its answers, kernels, maps, its field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from autocnn.dashboard.address import Address
from autocnn.dashboard.parts import Part, card, link, scroll
from autocnn.dashboard.switches import find_field
from autocnn.report.pictures import MORE, by_class, title_of

Rows = Sequence[Mapping[str, Any]]


def sees(pictures: Mapping[str, Any], address: Address) -> list[Part]:
    """A card for each kind of picture that the search has left; nothing for none."""
    found = []
    if pictures.get("images"):
        note = (
            "Beside each image what spoke for its answer, in warm colours (Grad-CAM). Where there "
            "is a test part the images are from it."
        )
        rows = _list(pictures["images"])
        found.append(
            card(title_of(pictures["images"]), html.P(note, className="note"), rows, wide=True)
        )
    if pictures.get("others"):
        found.append(_choice([*pictures["others"], *pictures["images"]], address))
    tiles = []
    if pictures.get("kernels"):
        note = "Each from its lowest weight, dark, to its highest, light."
        tiles.append(("Kernels of the first layer", note, pictures["kernels"], "tiles"))
    if pictures.get("field"):
        note = "The frame holds what one value of the last map sees, on the first image above."
        tiles.append(("Receptive field", note, pictures["field"], "seen"))
    for row in pictures.get("maps", ()):
        note = "What the first image above becomes there, channel by channel."
        tiles.append((f"Maps of {row['layer']}", note, row["image"], "tiles"))
    cards = [_tiles(*tile) for tile in tiles]
    return [*found, html.Div(cards, className="grid")] if cards else found


def _choice(images: Rows, address: Address) -> Part:
    """A link for each class, a field for numbers and answers, and the images that these choose."""
    classes = by_class(images)
    groups = {"all": images, **{str(place): rows for place, rows in enumerate(classes.values())}}
    names = dict(zip(groups, ["all images", *classes], strict=True))
    chosen, text = address.options.get("class", ""), address.options.get("find", "")
    links = [
        link(
            f"{names[name]} ({len(rows)})",
            address.with_options(**{"class": "" if name == chosen else name}),
            className="chip chosen" if name == chosen else "chip",
        )
        for name, rows in groups.items()
    ]
    shown = [row for row in groups.get(chosen or "all", ()) if matches(row, text)]
    shown = shown if chosen or text else []
    count = f"{len(shown)} of {len(images)} images" if chosen or text else "Nothing is chosen yet."
    return card(
        "Choose images",
        html.P(MORE, className="note"),
        html.Div(links, className="chips", id="classes"),
        find_field("Find numbers or answers", address, "17, taken for coat ..."),
        html.P(count, id="chosen", className="note", role="status"),
        _list(shown) if shown else None,
        wide=True,
    )


def matches(row: Mapping[str, Any], text: str) -> bool:
    """Whether an image has one of these numbers, or the text is in what is said of it."""
    numbers = text.replace(",", " ").split()
    if numbers and all(number.isdecimal() for number in numbers):
        return str(row["number"]) in numbers
    return text.strip().casefold() in row["said"].casefold()


def _list(rows: Rows) -> Part:
    return html.Ul([_image(row) for row in rows], className="pictures")


def _image(row: Mapping[str, Any]) -> Part:
    words = row["words"]
    shown = [html.Img(src=row["image"], alt="the image")]
    if row["cam"]:
        shown.append(html.Img(src=row["cam"], alt="the same, with what spoke for the answer"))
    return html.Li([*shown, html.P(words, className="note") if words else None])


def _tiles(title: str, note: str, source: str, kind: str) -> Part:
    image = html.Img(src=source, alt=title, className=kind)
    return card(title, html.P(note, className="note"), scroll(image, title))
