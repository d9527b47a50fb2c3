"""The dashboard in a real browser: it fits, it can be worked by keys, and follows a search."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dashboard_studies import expect, opened, served, study_id
from reading import faults, violations
from report_studies import HOSTILE, MOMENTS, add_trial, new_store, new_study

from autocnn.dashboard.study import TABS
from autocnn.report.summary import state_of
from autocnn.store import Store

SIZES = [(1440, 900, "light"), (1024, 768, "dark"), (390, 844, "light")]
LIGHTNESS = "getComputedStyle(document.body).backgroundColor"


def counts(page: Any, text: str) -> None:
    expect(page.locator("#count")).to_have_text(text, timeout=60_000)


@pytest.mark.parametrize("page", SIZES, indirect=True, ids=lambda size: "-".join(map(str, size)))
def test_pages_fit_and_are_readable(page: Any, studies: Store) -> None:
    study = study_id(studies)
    one = study_id(studies, "one trial")
    tabs = [f"/study/{study}?view={tab}" for tab in TABS]
    trials = [f"/study/{study}/trial/13", f"/study/{study}/trials/13-4-3"]
    logs = [f"{tabs[2]}&on=learning-curves-log", f"{trials[0]}?on=loss-curves-log"]
    for path in ("/", *trials, f"/compare/{study}-{one}", *tabs, *logs):
        opened(page, path)
        assert (path, faults(page), violations(page)) == (path, [], [])
    opened(page, tabs[1])
    dark = sum(map(int, page.evaluate(LIGHTNESS)[4:-1].split(","))) < 3 * 128
    assert dark is page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    tick = page.locator(".xtick text").first.evaluate("text => getComputedStyle(text).fill")
    assert (sum(map(int, tick[4:-1].split(","))) > 3 * 128) is dark


def test_trials_are_found_sorted_picked_and_compared_by_keys(page: Any, studies: Store) -> None:
    opened(page, f"/study/{study_id(studies)}")
    first = page.locator("#trials tbody tr:first-child td:nth-child(2)")
    page.get_by_role("link", name="completed 5").focus()
    page.keyboard.press("Enter")
    counts(page, "5 of 30 trials")
    page.get_by_role("link", name="best", exact=True).press("Enter")
    page.wait_for_selector("th[aria-sort=descending]")
    assert first.inner_text() == "5"
    for number in (5, 20):
        page.get_by_role("link", name=f"Compare trial {number}", exact=True).press("Enter")
        page.get_by_role("link", name=f"Do not compare trial {number}").wait_for()
    page.locator("#find").fill("optimizer=sgd")
    page.keyboard.press("Enter")
    counts(page, "3 of 30 trials")
    page.locator("#compare").press("Enter")
    page.wait_for_selector("#networks")
    assert page.url.endswith("/trials/5-20")
    assert page.locator("#networks .differs").count()
    page.go_back()
    page.wait_for_selector("#find")
    assert page.locator("#find").input_value() == "optimizer=sgd"


@pytest.mark.parametrize("page", [(390, 844, "light")], indirect=True)
def test_a_finger_on_a_figure_scrolls_the_page(page: Any, studies: Store) -> None:
    opened(page, f"/study/{study_id(studies)}?view=curves")
    figure = page.locator(".js-plotly-plot .draglayer").first
    figure.scroll_into_view_if_needed()
    box = figure.bounding_box()
    before = page.evaluate("scrollY")
    finger = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for kind, down in (("touchStart", 0), *(("touchMove", 20 * step) for step in range(1, 9))):
        points = [{"x": x, "y": y + down}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(500)
    assert page.evaluate("scrollY") < before
    assert page.locator(".modebar").first.is_hidden()


def test_the_winner_is_shown_with_what_the_finals_found(page: Any, studies: Store) -> None:
    study = study_id(studies)
    opened(page, f"/study/{study}/trial/13")
    told = page.locator("#main").inner_text()
    for words in ("Measured on 1,000 test images.", "Confusion matrix", "Per class", HOSTILE[:9]):
        assert words in told
    assert "95 % interval 91.80 % to 94.90 %" in page.locator("#head").inner_text()
    opened(page, f"/study/{study}/trial/12")
    assert page.locator("#measured").count() == 0


def test_images_are_chosen_by_keys_and_the_page_stays_where_it_is(
    page: Any, studies: Store
) -> None:
    opened(page, f"/study/{study_id(studies)}/trial/13")
    shirts = page.get_by_role("link", name="shirt (2)", exact=True)
    shirts.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    shirts.press("Enter")
    expect(page.locator("#chosen")).to_have_text("2 of 4 images")
    expect(page.locator("#chosen ~ .pictures img")).to_have_count(4)
    page.wait_for_timeout(500)  # as long as a scroll takes
    assert abs(page.evaluate("scrollY") - before) < 200
    page.get_by_label("Find numbers or answers").fill("taken for coat")
    page.keyboard.press("Enter")
    expect(page.locator("#chosen")).to_have_text("1 of 4 images")
    assert page.url.endswith("?class=0&find=taken+for+coat")
    assert faults(page) == []


@pytest.mark.parametrize("name", MOMENTS)
def test_any_moment_of_a_study_has_pages(page: Any, studies: Store, name: str) -> None:
    study = study_id(studies, name)
    for view in ("", "?view=progress", "?view=cost", "?view=holes", "?view=facts"):
        opened(page, f"/study/{study}{view}")
        assert page.locator("h1").inner_text() == name
        assert "nan" not in page.locator("body").inner_text().lower().split()
        assert faults(page) == []


def test_s14_hostile_names_stay_text(page: Any, studies: Store) -> None:
    study = study_id(studies)
    for path in (f"/study/{study}/trial/27", f"/study/{study}?view=facts"):
        opened(page, path)
        assert HOSTILE.split("\u2028")[0] in page.locator("body").inner_text()
    opened(page, f"/study/{study}?view=holes")
    assert page.locator("img[src=x]").count() == 0


def test_s20_a_store_that_is_gone_is_told_and_comes_back(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = new_store(tmp_path)
    with store.hold(new_study(store)) as hold:
        add_trial(hold, 0, 0.8)
        with served(store) as address:
            page = browser.new_page(base_url=address)
            page.set_default_timeout(60_000)
            opened(page, f"/study/{study_id(store)}")
            file = tmp_path / "autocnn.db"
            file.rename(tmp_path / "elsewhere")
            page.get_by_text("The store cannot be read; what you see is").wait_for()
            assert page.locator("#count").inner_text() == "1 of 1 trials"
            assert not file.exists(), "reading made a new one"
            (tmp_path / "elsewhere").rename(file)
            page.locator(".banner").wait_for(state="detached")
            add_trial(hold, 1, 0.9)
            counts(page, "2 of 2 trials")
            page.close()


@pytest.mark.slow
def test_it_follows_a_search(browser: Any, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'autocnn.db'}"
    space = Path(__file__).parents[2] / "search_spaces" / "quickstart.yaml"
    store = new_store(tmp_path)
    with served(store) as address:
        page = browser.new_page(base_url=address)
        page.set_default_timeout(120_000)
        opened(page, "/")
        words = ["search", str(space), "--store", url, "--set", "budget.time=20s", "--quiet"]
        with subprocess.Popen([sys.executable, "-m", "autocnn", *words]) as search:
            page.locator("a.name").click()
            page.wait_for_selector("#trials tbody tr")
            search.wait()
        (study,) = store.studies()  # how far it comes in its time does not matter here
        page.locator(f".badge.{state_of(study)}").wait_for()
        counts(page, f"{len(store.trials(study.id))} of {len(store.trials(study.id))} trials")
        page.close()
