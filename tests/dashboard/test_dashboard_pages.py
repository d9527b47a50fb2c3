"""Pages as functions: filters, alignment of networks, and what is sent again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from report_studies import HOSTILE, MOMENTS, add_pictures, add_trial, new_store, new_study

from autocnn.dashboard import library as library_file
from autocnn.dashboard import trial_table
from autocnn.dashboard.address import MOST, Address
from autocnn.dashboard.app import show
from autocnn.dashboard.difference import Layer, aligned, recipes, same
from autocnn.dashboard.library import Library
from autocnn.dashboard.sparkline import sparkline
from autocnn.dashboard.trial_table import filtered
from autocnn.store import Store, engine, follow, open_store

SWITCHED = ["trials-log", "trials-smooth", "trials-log.trials-smooth"]
TRIALS = pd.DataFrame(
    {
        "number": [0, 1, 2, 3],
        "state": ["completed", "failed", "completed", "paused"],
        "reason": [None, "bug", None, "rung"],
        "best_value": [0.5, None, 0.9, 0.7],
        "hole.kernel": [3.0, 5.0, 3.0, None],
        "hole.optimizer": ["sgd", "adam", "adam", "sgd"],
    }
)


@pytest.fixture(scope="module")
def library(studies: Store) -> Library:
    return Library(open_store(str(studies.location.url), read_only=True))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        ({"state": "completed"}, [0, 2]),
        ({"sort": "-value"}, [2, 3, 0, 1]),
        ({"sort": "value"}, [0, 3, 2, 1]),
        ({"find": "KERNEL=3"}, [0, 2]),
        ({"find": "bug"}, [1]),
        ({"find": "sgd", "state": "paused"}, [3]),
        ({"find": "(a+)+$"}, []),
    ],
)
def test_trials_are_filtered_and_sorted(options: dict[str, str], expected: list[int]) -> None:
    assert filtered(TRIALS, options)["number"].tolist() == expected


def parts(component: Any) -> Iterator[Any]:
    """A component and all inside it."""
    yield component
    inside = getattr(component, "children", component if isinstance(component, list) else None)
    for child in inside if isinstance(inside, (list, tuple)) else [inside]:
        if child is not None:
            yield from parts(child)


def words(component: Any) -> str:
    return " ".join(part for part in parts(component) if isinstance(part, str))


def test_s19_many_trials_come_by_pages(
    library: Library, studies: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial_table, "ROWS", 4)
    study = studies.study("fashion")
    assert study is not None
    seen: list[str] = []
    for page in ("1", "2", "8", "999999"):
        address = Address("study", (study.id,), options={"page": page})
        table = trial_table.trial_table(library.study(study.id), address)
        rows = [part for part in parts(table) if type(part).__name__ == "Tr"][1:]
        assert len(rows) <= 4
        seen.append(str(rows[0].children[1].children.children))
    assert seen == ["0", "4", "28", "28"]


def test_only_what_has_changed_is_sent(library: Library, studies: Store) -> None:
    study = studies.study("fashion")
    assert study is not None
    path = f"/study/{study.id}"
    banner, head, main, title, shown = show(library, path, "", "light", None)
    assert (banner, title) == (None, "fashion")
    assert "The best network is trial 13" in words(head)
    assert "30 of 30 trials" in words(main)
    again = show(library, path, "", "light", shown)
    assert [type(part).__name__ for part in again[1:]] == ["NoUpdate"] * 4
    other = show(library, path, "?view=cost", "light", shown)
    assert "Parameters" in words(other[2])


def test_other_seeds_of_a_search_are_read_for_the_best_so_far(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    for seed, best in ((1, 0.8), (2, 0.7)):
        with store.hold(new_study(store, f"seed {seed}", seed=seed)) as hold:
            add_trial(hold, 0, best)
    library = Library(open_store(str(store.location.url), read_only=True))
    ids = [study.id for study in store.studies()]
    path = f"/study/{ids[0]}"
    assert "the spread with 1 other seed," in words(
        show(library, path, "?view=progress", "light", None)[2]
    )
    assert "spread" not in words(show(library, path, "?view=curves", "light", None)[2])
    compared = words(show(library, f"/compare/{'-'.join(ids)}", "", "light", None)[2])
    assert "2: seed 2, trial 0" in compared
    assert "The networks are the same." in compared


@pytest.mark.parametrize(
    "path", ["/nothing", f"/study/{'0' * 32}", "/study/x", f"/study/{'0' * 32}/trial/1"]
)
def test_what_is_not_there_is_told(library: Library, path: str) -> None:
    assert "There is no such page here." in words(show(library, path, "", "light", None)[1])


def test_what_was_not_read_yet_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "SLICE", 2)
    for name in ("TURN", "FIRST"):
        monkeypatch.setattr(library_file, name, 0.0)
    store = new_store(tmp_path)
    study = new_study(store)
    with store.hold(study) as hold:
        for number in range(5):
            add_trial(hold, number, 0.8)
    library = Library(open_store(str(store.location.url), read_only=True))
    path = f"/study/{study}/trial/4"
    for _ in range(2):  # a page that is new does not wait for more
        _, head, _, title, shown = show(library, path, "", "light", None)
        assert "2 trials so far" in words(head)
    head = show(library, path, "", "light", shown)[1]
    assert "4 trials so far" in words(head)
    assert title == "fashion"
    assert "Trial 4" in words(show(library, path, "", "light", shown)[1])
    missing = show(library, f"/study/{study}/trial/5", "", "light", None)[1]
    assert "There is no such page here." in words(missing)


def test_s20_a_locked_store_is_told_on_every_page_and_from_the_first_look_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "READ_SECONDS", 0.02)
    monkeypatch.setattr(library_file, "AGAIN", 0.0)
    store = new_store(tmp_path)
    study = new_study(store)
    with store.hold(study) as hold:
        for number in range(2):
            add_trial(hold, number, 0.8)
    paths = ["/", *(f"/study/{study}{more}" for more in ("", "/trial/0", "/trials/0-1"))]
    fresh, used = (Library(open_store(str(store.location.url), read_only=True)) for _ in range(2))
    for path in paths:
        assert show(used, path, "", "light", None)[0] is None
    with closing(sqlite3.connect(tmp_path / "autocnn.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for library in (fresh, used):
            for path in paths:
                banner, head, *_ = show(library, path, "", "light", None)
                assert "The store cannot be read; what you see is" in words(banner)
                assert ("Nothing here" in words(head)) is (library is fresh and path != "/")
    for path in paths:
        banner, head, *_ = show(fresh, path, "", "light", None)
        assert banner is None
        assert "Nothing here" not in words(head)


def test_a_trial_and_a_comparison_have_switches(library: Library, studies: Store) -> None:
    study = studies.study("fashion")
    assert study is not None
    for path, names in (("/trial/4", ["loss-curves-log"]), ("/trials/4-13", SWITCHED)):
        before = str(show(library, f"/study/{study.id}{path}", "", "light", None)[2])
        for name in names:
            main = show(library, f"/study/{study.id}{path}", f"?on={name}", "light", None)[2]
            assert str(main) != before
    missing = show(library, f"/study/{study.id}/trial/4", "?on=loss-curves-smooth", "light", None)
    assert "There is no such page here." in words(missing[1])


def test_what_the_winner_sees_is_on_its_page(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    with store.hold(new_study(store)) as hold:
        add_trial(hold, 0, 0.8)
        add_trial(hold, 1, 0.7)
        add_pictures(store, hold)
    library = Library(open_store(str(store.location.url), read_only=True))
    study = store.studies()[0].id
    best, other = (
        show(library, f"/study/{study}/trial/{n}", "", "light", None)[2] for n in (0, 1)
    )
    assert "Mistakes it was surest of" in words(best)
    assert f"7: coat, taken for {HOSTILE} (90.0 %)" in words(best)
    assert "Mistakes" not in words(other)
    for query, expected in (
        ("?class=all", [2, 3, 4, 7]),
        ("?class=1", [4, 7]),
        ("?class=9", []),
        ("?find=3,4", [3, 4]),
        ("?find=TAKEN+for+coat", [3]),
        ("?class=0&find=4", []),
        ("", None),
    ):
        main = show(library, f"/study/{study}/trial/0", query, "light", None)[2]
        assert chosen(main) == (expected or None), query


def chosen(main: Any) -> list[int] | None:
    """The numbers of the images that are shown below the choice."""
    lists = [part for part in parts(main) if getattr(part, "className", "") == "pictures"]
    if len(lists) == 1:
        return None
    return [int(item.children[-1].children.partition(":")[0]) for item in lists[1].children]


@pytest.mark.parametrize("name", MOMENTS)
def test_studies_are_listed(library: Library, name: str) -> None:
    assert name in words(show(library, "/", "", "dark", None)[2])


def test_no_more_are_picked_than_fit() -> None:
    address = Address.read(f"/study/{'a' * 32}")
    for number in range(MOST):
        address = address.toggled(str(number))
    assert Address.read(*str(address).split("?")).picked == ("0", "1", "2", "3")
    assert address.toggled("2").picked == ("0", "1", "3")


def test_networks_are_laid_beside_each_other() -> None:
    def network(*titles: str) -> list[Layer]:
        return [Layer(0, title, "", "") for title in titles]

    found = aligned([network(*"abcd"), network(*"axcde"), network(*"bd")])
    shown = [tuple(layer.title if layer else "-" for layer in row) for row in found]
    assert shown == [
        ("a", "a", "-"), ("b", "x", "b"), ("c", "c", "-"), ("d", "d", "d"), ("-", "e", "-"),
    ]  # fmt: skip
    assert [same(row) for row in found] == [False, False, False, True, False]
    assert aligned([[], network("a")]) == [(None, Layer(0, "a", "", ""))]


def test_recipes_name_what_differs_first() -> None:
    one = {"training": {"epochs": 4, "optimizer": {"sgd": {"lr": 0.1}}}}
    two = {"training": {"epochs": 4, "optimizer": {"adam": {"lr": 0.1}}}}
    assert list(recipes([one, two, None]).items())[-1][0] != "optimizer.sgd.lr"
    assert recipes([one, two]) == {
        "optimizer.sgd.lr": ["0.1", ""],
        "optimizer.adam.lr": ["", "0.1"],
        "epochs": ["4", "4"],
    }


def test_a_sparkline_is_a_picture() -> None:
    assert sparkline([]) == ""
    assert sparkline([0.5]).count("<circle") == 1
    assert sparkline([0.1, 0.5, 0.5]).startswith("<svg")
