"""The page in a real browser: it runs, asks nobody, fits, and follows the colour scheme."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reading import faults, violations
from report_studies import MOMENTS, new_store, new_study

from autocnn.report import write_report
from autocnn.report.theme import DARK

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield running
        running.close()


@pytest.mark.parametrize("moment", MOMENTS)
def test_any_moment_of_a_study_can_be_looked_at(browser: Any, tmp_path: Path, moment: str) -> None:
    fill, changes = MOMENTS[moment]
    store = new_store(tmp_path)
    with store.hold(new_study(store, **changes)) as hold:
        fill(hold)
        path = write_report(store, "fashion", tmp_path / "report.html")
    page = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    drawn = page.locator(".plot .main-svg:first-child").count()
    assert drawn == page.locator(".plot").count()
    assert (drawn > 1) is (moment not in ("empty", "all failed"))
    assert faults(page) == []
    assert not complaints
    page.close()


def test_it_prints_on_paper(browser: Any, report: Path) -> None:
    page = browser.new_page(viewport={"width": 680, "height": 960}, color_scheme="dark")
    page.goto(report.as_uri())
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("nav").is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != DARK["paper"]
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert 5 < pages < 40
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_the_page_runs_alone_and_fits(
    browser: Any, report: Path, width: int, height: int, scheme: str
) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=width < 500
    )
    complaints: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    plots = page.locator(".plot .main-svg:first-child")
    assert plots.count() == page.locator(".plot").count() == 17
    assert faults(page) == []
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(map(int, background[4:-1].split(","))) > 3 * 128
    assert light is (scheme == "light")
    colour = page.locator(".plot .xtick text").first.evaluate(
        "text => getComputedStyle(text).fill"
    )
    assert (sum(map(int, colour[4:-1].split(","))) < 3 * 128) is light, "ticks against the paper"
    assert not complaints
    assert asked == [report.as_uri()]
    page.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_everybody_can_read_and_reach_it(
    browser: Any, report: Path, width: int, scheme: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(report.as_uri())
    assert violations(page) == []
    page.close()


def test_a_switch_draws_the_figure_anew(browser: Any, report: Path) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(report.as_uri())
    figure = page.locator("figure", has=page.locator("#learning-curves"))
    before = figure.locator(".ytick text").all_text_contents()
    figure.get_by_label("logarithmic").focus()
    page.keyboard.press("Space")
    assert figure.locator(".ytick text").all_text_contents() != before
    figure.get_by_label("smoothed").check()
    figure.get_by_label("logarithmic").uncheck()
    assert figure.get_by_label("smoothed").is_checked()
    assert figure.locator(".ytitle").text_content() == "validation accuracy"
    page.close()


def test_figures_follow_the_scheme_and_the_paper(browser: Any, report: Path) -> None:
    page = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme="dark")
    page.goto(report.as_uri())
    tick = page.locator(".plot .xtick text").first
    fill = "text => getComputedStyle(text).fill"
    dark = tick.evaluate(fill)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert tick.evaluate(fill) != dark
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert tick.evaluate(fill) == dark
    page.emulate_media(color_scheme="light")
    page.evaluate("new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))")
    assert tick.evaluate(fill) != dark
    page.close()
