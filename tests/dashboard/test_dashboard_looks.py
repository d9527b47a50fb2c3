"""Pages look as they did when somebody looked at them; `AUTOCNN_LOOKS=renew` keeps how they look.

A page that differs is left in pytest's folder for temporary files, with what differs in red.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dashboard_studies import opened, study_id
from looking import Look, look, marked, strange, worst
from PIL import Image

from autocnn.dashboard.library import Library, Trouble
from autocnn.store import Store

KNOWN = Path(__file__).parent / "looks"
RENEW = os.environ.get("AUTOCNN_LOOKS") == "renew"
MOST = 0.02
"""Share of the squares of a screen that may look strange: another font moves a line of text."""

SIZES = [
    (width, height, scheme)
    for width, height in ((1440, 900), (390, 844))
    for scheme in ("light", "dark")
]
PAGES = {
    "empty": ("empty", ["", "?view=progress"]),
    "one-trial": ("one trial", ["", "?view=progress"]),
    "all-failed": ("all failed", ["", "?view=failures"]),
    "several-objectives": ("several objectives", ["", "?view=cost"]),
    "running": ("running", ["", "?view=curves"]),
    "hostile-names": ("fashion", ["?view=holes", "/trial/13?class=all"]),
    "trouble": ("one trial", [""]),
}
"""What is looked at -> a study and the ends of addresses."""


@pytest.mark.parametrize("page", SIZES, indirect=True, ids=lambda size: "-".join(map(str, size)))
@pytest.mark.parametrize("name", PAGES)
def test_it_looks_as_it_did(
    page: Any, studies: Store, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "trouble":
        trouble = Trouble("the database is locked", 61.0)
        monkeypatch.setattr(Library, "trouble", property(lambda library: trouble))
    study, ends = PAGES[name]
    for place, end in enumerate(ends):
        opened(page, f"/study/{study_id(studies, study)}{end}")
        seen, picture = look(page)
        dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        width, scheme = page.viewport_size["width"], "dark" if dark else "light"
        file = f"{name}-{place}-{width}-{scheme}.png"
        if RENEW:
            Image.fromarray(seen).save(KNOWN / file, optimize=True)
        cells = strange(seen, read(KNOWN / file))
        shown = marked(picture, cells, tmp_path / file)
        assert worst(cells) <= MOST, f"{worst(cells):.1%} of a screen differ: {shown}"


@pytest.mark.parametrize(
    ("end", "fault"),
    [
        ("?view=curves", "figure:first-of-type { visibility: hidden }"),
        ("?view=curves", ".js-plotly-plot .trace { display: none }"),
        ("?view=curves", "#head { position: absolute }"),
        ("?view=curves", "body::before { content: 'The store is gone'; position: fixed; top: 9rem;"
         " background: #fff; font-size: 5rem; width: 100% }"),
        ("", "#states { margin-bottom: -8rem }"),
        ("", "table { font-size: 1.6rem }"),
        ("", ".dashboard { color: #ccc }"),
    ],
    ids=["figure", "lines", "head", "banner", "over", "larger", "pale"],
)  # fmt: skip
def test_faults_are_seen(page: Any, studies: Store, end: str, fault: str) -> None:
    opened(page, f"/study/{study_id(studies, 'running')}{end}")
    sound = look(page)[0]
    assert not strange(sound, look(page)[0]).any()
    assert worst(strange(look(page, fault)[0], sound)) > MOST


def read(file: Path) -> Look:
    with Image.open(file) as picture:
        return np.asarray(picture)
