"""The page as text: well-formed, complete, safe with hostile names, at any moment of a study."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from report_studies import (
    HOSTILE,
    SEVERAL,
    all_failed,
    empty,
    equal_values,
    new_store,
    new_study,
    one_trial,
    one_unfinished,
    running,
)

from autocnn.errors import StoreError
from autocnn.report import write_report
from autocnn.report.content import SECTIONS
from autocnn.report.page import LONG_NUMBER, inert
from autocnn.report.parts import write_pictures
from autocnn.report.summary import state_of
from autocnn.store import Hold, Store

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Reads a page strictly: tags must close in order."""

    def __init__(self, text: str):
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.text: list[str] = []
        self.json: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, f"never closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.ids += [str(value) for name, value in attrs if name == "id"]
        if tag not in VOID and self.get_starttag_text()[-2:] != "/>":  # type: ignore[index]
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["script"]:
            self.text.append(data)
        elif self.tags[-1][1].get("type") == "application/json":
            self.json.append(data)

    @property
    def words(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))


def test_the_page_is_well_formed_and_asks_no_other_host(report: Path) -> None:
    page = Page(report.read_text("utf-8"))
    assert len(page.ids) == len(set(page.ids))
    assert {section for section, _ in SECTIONS} <= set(page.ids)
    assert not [tag for tag, _ in page.tags if tag in ("link", "iframe", "object")]
    for _, attributes in page.tags:
        for name in ("src", "href", "action", "srcset"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/"))
        assert not [name for name in attributes if name.startswith("on")]
    assert report.stat().st_size < 8e6


def test_hostile_names_stay_text(report: Path) -> None:
    page = Page(report.read_text("utf-8"))
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert len([script for script in scripts if "type" not in script]) == 2, "plotly and ours"
    assert HOSTILE.split("\u2028")[0] in page.words
    assert "{{ 7*7 }}" in page.words
    assert len(page.json) >= 8
    for document in page.json:
        json.loads(document)
    assert not any("<" in document for document in page.json)


def test_the_page_says_what_the_study_found(report: Path) -> None:
    words = Page(report.read_text("utf-8")).words
    for text in (
        "30 trials in 9 min 41 s on fashion-mnist",
        "The best network is trial 13",
        "Validation accuracy", "89.30 %", "86.70 % to 91.60 %",
        "Test accuracy", "93.50 %", "91.80 % to 94.90 %",
        "95 % Wilson interval over 1,000 images",
        "The test images were read once",
        "the finals chose trial 13",
        "of 30 min",
        "non-finite", "params 1,200,000 over 1,000,000", "worker 1 was lost",
        "f" * 64, "2.13.0", "autocnn search fashion.yaml", "autocnn describe fashion:13",
        "study: fashion data: {source: fashion-mnist}",
        "epochs: 4",
    ):  # fmt: skip
        assert text in words


NO_DATA = {"data": {}, "settings": {}, "plan": {}, "environment": {}}
LOSS = {"settings": {"objectives": {"val_accuracy": None, "val_loss": "minimize"}, "budget": {}}}


@pytest.mark.parametrize(
    ("fill", "changes", "says", "figures"),
    [
        (empty, {}, "running autocnn study ... No trial has a value yet", 0),
        (one_unfinished, {}, "No trial has a value yet", 0),
        (one_trial, {}, "finished autocnn study ... the only trial on these images", 7),
        (all_failed, {}, "finished ... None of them gave a network ... ValueError: no", 1),
        (running, {}, "running ... The search goes on; this is how it stands", 9),
        (equal_values, NO_DATA, "interrupted ... on the data", 8),
        (running, LOSS, "The best network is trial 0 ... Validation loss", 9),
        (running, SEVERAL, "running ... The best network is trial 4", 10),
    ],
)
def test_any_moment_of_a_study_has_a_page(
    tmp_path: Path,
    fill: Callable[[Hold], None],
    changes: dict[str, Any],
    says: str,
    figures: int,
) -> None:
    store, target = new_store(tmp_path), tmp_path / "deep" / "er" / "r.html"
    with store.hold(new_study(store, **changes)) as hold:
        fill(hold)
        page = Page(write_report(store, "fashion", target).read_text("utf-8"))
    words = page.words
    for text in says.split(" ... "):
        _, found, words = words.partition(text)
        assert found, f"{text!r} is missing"
    assert "nan" not in page.words.lower().split()
    plots = [attributes for _, attributes in page.tags if attributes.get("class") == "plot"]
    assert len(plots) == figures
    assert [path.name for path in target.parent.iterdir()] == ["r.html"]


def test_a_search_that_was_killed_is_interrupted(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    new_study(store)
    assert state_of(store.studies()[0]) == "interrupted"


def test_an_unknown_study_is_an_error_and_leaves_no_file(tmp_path: Path, finished: Store) -> None:
    with pytest.raises(StoreError, match="fashion"):
        write_report(finished, "fashoin", tmp_path / "r.html")
    assert not list(tmp_path.iterdir())


def test_every_figure_is_drawn_as_a_picture(
    finished: Store, chromium: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("kaleido", reason="kaleido is not installed")
    monkeypatch.setenv("BROWSER_PATH", chromium)
    paths = write_pictures(finished, "fashion", tmp_path)
    assert {"best-over-trials", "importance", "parallel"} <= {path.stem for path in paths}
    for path in paths:
        with Image.open(path) as picture:
            assert (picture.format, picture.width) == ("PNG", 2000)
            assert len(picture.convert("L").getcolors() or ()) > 5, "something is drawn"


def test_numbers_of_figures_keep_five_digits() -> None:
    numbers = [0.123456789, 1.23456789e-05, 0.000123456789, -12.3456789, 3, "1.23456789"]
    kept = [0.12345, 1.23456789e-05, 0.00012345, -12.3456, 3, "1.23456789"]
    text = json.dumps(numbers, separators=(",", ":"))
    assert json.loads(LONG_NUMBER.sub(r"\1", text)) == kept


def test_json_in_a_page_holds_no_markup() -> None:
    text = json.dumps({HOSTILE: "\u2029"}, ensure_ascii=False)
    assert json.loads(inert(text)) == {HOSTILE: "\u2029"}
    assert not set("<>&\u2028\u2029") & set(inert(text))
