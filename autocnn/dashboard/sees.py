"""What the winner sees: images with what spoke for its answers, kernels, maps, its field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from autocnn.dashboard.parts import Part, card, scroll


def sees(pictures: Mapping[str, Any]) -> list[Part]:
    """A card for each kind of picture that the search has left; nothing for none."""
    found = []
    if pictures.get("images"):
        said = bool(pictures["images"][0]["said"])
        title = "Mistakes it was surest of" if said else "Images it has not learned from"
        note = (
            "Beside each image what spoke for its answer, in warm colours (Grad-CAM). Where there "
            "is a test part the images are from it."
        )
        rows = html.Ul([_image(row) for row in pictures["images"]], className="pictures")
        found.append(card(title, html.P(note, className="note"), rows, wide=True))
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


def _image(row: Mapping[str, Any]) -> Part:
    said = row["said"]
    shown = [html.Img(src=row["image"], alt=said or "an image")]
    if row["cam"]:
        shown.append(html.Img(src=row["cam"], alt="the same, with what spoke for the answer"))
    return html.Li([*shown, html.P(said, className="note") if said else None])


def _tiles(title: str, note: str, source: str, kind: str) -> Part:
    image = html.Img(src=source, alt=title, className=kind)
    return card(title, html.P(note, className="note"), scroll(image, title))
