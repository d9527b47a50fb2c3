"""A page of pictures: examples of each class and what the audit found."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from autocnn.data.items import Pixels

STYLE = """
:root { color-scheme: light dark; font: 15px/1.4 system-ui, sans-serif }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem }
h2 { margin: 1.6rem 0 .4rem; font-size: 1.1rem }
p { margin: .2rem 0 .6rem }
div { display: flex; flex-wrap: wrap; gap: .6rem }
figure { margin: 0; width: 6rem }
img { width: 100%; image-rendering: pixelated; display: block }
figcaption { font-size: .7rem; overflow-wrap: anywhere; opacity: .8 }
"""


@dataclass(frozen=True)
class Shown:
    """A heading, a remark, and rows of images with a caption each."""

    title: str
    remark: str
    pictures: Sequence[tuple[int, str]]


def sheet(title: str, sections: Iterable[Shown], image: Callable[[int], Pixels]) -> str:
    """A self-contained HTML page; `image` gives the pixels `(H, W, C)` of a row."""
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{html.escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f"<h1>{html.escape(title)}</h1>",
    ]
    for section in sections:
        parts += [
            f"<h2>{html.escape(section.title)}</h2>",
            f"<p>{html.escape(section.remark)}</p>",
            "<div>",
            *(_figure(image(row), caption) for row, caption in section.pictures),
            "</div>",
        ]
    return "\n".join([*parts, "</html>", ""])


def _figure(pixels: Pixels, caption: str) -> str:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(stream, "PNG")
    data = base64.b64encode(stream.getvalue()).decode()
    text = html.escape(caption)
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="{text}" loading="lazy">'
        f"<figcaption>{text}</figcaption></figure>"
    )
