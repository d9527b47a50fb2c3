"""Whole searches of real data: in time, resumed in every phase, interrupted, refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import synthetic
from sklearn.datasets import load_digits
from small_space import SPACE, space

from autocnn import closing
from autocnn.api import load_space, open_study, run_search
from autocnn.data import from_arrays
from autocnn.errors import NoTrialSucceeded, SpaceError, StoreError
from autocnn.reuse import load_bundle
from autocnn.search.finalists import Finalists
from autocnn.search.finals import Finals
from autocnn.search.opening import free_name, open_or_create, study_folder
from autocnn.search.run import _tell_shortness
from autocnn.search.snapshot import Snapshot
from autocnn.store import Store, open_store

# Results


def test_a_finished_search_has_bundle_report_and_intervals(finished: str) -> None:
    result = run_search(space(), store=finished)
    assert (result.state, result.already, result.continued) == ("finished", True, True)
    assert result.bundle is not None
    assert result.report is not None
    assert result.report.stat().st_size > 100_000
    bundle = load_bundle(result.bundle)
    assert bundle.candidate.digest == result.candidate.digest  # type: ignore[union-attr]
    for score, images in ((result.validation, 143), (result.test, 359)):
        assert score is not None
        assert score.images == images
        assert score.low < score.value < score.high
        assert sum(map(sum, score.details["confusion"])) == images
    assert result.test is not None
    assert result.test.value > 0.25


def readings(store: Store, study: str) -> int:
    """How often the test part was read by the bundle; the ensemble reads it for itself."""
    rows = store.finals(study)
    return sum(row.split == "test" and "ensemble" not in row.details for row in rows)


def test_the_test_part_is_read_once(finished: str) -> None:
    store, study = open_study("small", finished)
    assert readings(store, study.id) == 1
    assert (study.state, study.phase, study.holder) == ("finished", "done", None)


def test_only_the_checkpoints_of_trials_are_left_at_the_end(finished: str) -> None:
    """More budget goes on from them; the winner of the finals lies in the bundle."""
    store, study = open_study("small", finished)
    named = {t.checkpoint.path for t in store.trials(study.id) if t.checkpoint}
    left = (store.folder / "small" / "checkpoints").iterdir()
    assert {str(path.relative_to(store.folder)) for path in left} == named
    assert named


def test_new_makes_another_study(finished: str) -> None:
    first = run_search(space(budget={"trials": 1}), store=finished, report=False, new=True)
    assert (first.study, first.already, first.continued) == ("small-2", False, False)
    again = run_search(space(study="small-2", budget={"trials": 1}), store=finished)
    assert (again.study, again.already) == ("small-2", True)


def test_p09_two_stores_in_a_folder_keep_their_files(tmp_path: Path) -> None:
    one, two = (open_store(f"sqlite:///{tmp_path}/{name}.db") for name in "ab")
    given = synthetic.space(budget={"trials": 3})
    synthetic.search(one, given)
    folder = tmp_path / "synthetic"
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert len(kept) > 1
    text = r"b\.db: the folder \S+synthetic is that of .* give another --study, .* \[P09\]"
    with pytest.raises(StoreError, match=text):
        synthetic.search(two, given)
    assert two.studies() == []
    another = open_or_create(two, synthetic.space(study="another"), synthetic.digits(), new=True)
    (tmp_path / "another").mkdir()  # as an older version made it
    assert study_folder(two, another) == study_folder(two, another) == tmp_path / "another"
    assert free_name(one, "another") == "another-2"
    (tmp_path / "another" / "study.id").write_text("of a third store\na.db")
    with pytest.raises(StoreError, match=r"\[P09\]"):
        synthetic.search(two, synthetic.space(study="another"))
    assert {path.name for path in (tmp_path / "another").iterdir()} == {"study.id"}
    assert kept == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    synthetic.search(one, synthetic.space(budget={"trials": 4}))


def test_the_folder_of_a_database_that_is_gone_is_free(tmp_path: Path) -> None:
    given = synthetic.space(budget={"trials": 2})
    for name in ("a", "a", "b"):
        store = open_store(f"sqlite:///{tmp_path}/{name}.db")
        synthetic.search(store, given)
        store.close()
        for file in tmp_path.glob(f"{name}.db*"):
            file.unlink()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"training": {**SPACE["training"], "batch_size": 32}}, "training.batch_size: 64 -> 32"),
        ({"objectives": {"val_loss": "minimize"}}, "objectives.val_loss: "),
        ({"search": {**SPACE["search"], "seed": 1}}, "search.seed: 0 -> 1"),
    ],
)
def test_y37_another_space_is_refused_with_its_differences(
    finished: str, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(SpaceError) as caught:
        run_search(space(**changes, budget={"trials": 99}), store=finished)
    text = str(caught.value)
    assert said in text
    assert "--new" in text
    assert "[Y37]" in text


def test_y37_other_data_are_refused(finished: str) -> None:
    digits = load_digits(n_class=5)
    other = from_arrays(digits.images / 16, digits.target)
    with pytest.raises(SpaceError, match=r"data: \w{12} -> \w{12}(.|\n)*\[Y37\]"):
        run_search(space(), store=finished, dataset=other)


def test_workers_may_change_and_the_budget_shrink(finished: str) -> None:
    changed = space(budget={"trials": 3}, search={**SPACE["search"], "workers": 2})
    assert run_search(changed, store=finished).already


def test_more_budget_goes_on_from_a_finished_study(url: str) -> None:
    first = run_search(space(budget={"trials": 2}), store=url, report=False)
    more = run_search(space(budget={"trials": 4}), store=url)
    assert (more.study, more.continued, more.already) == ("small-2", False, False)
    assert first.test is not None
    assert more.earlier == {"small": first.test.value}
    store, old = open_study("small", url)
    _, new = open_study("small-2", url)
    trials, before = store.trials(new.id), store.trials(old.id)
    assert [trial.values for trial in trials[: len(before)]] == [t.values for t in before]
    assert sum(trial.state not in ("infeasible", "duplicate") for trial in trials) == 4
    assert not any("starts over" in event.message for event in store.events(new.id))
    assert new.seconds > old.seconds
    assert readings(store, new.id) == 1
    assert more.report is not None
    page = more.report.read_text(encoding="utf-8")
    assert "It goes on from the study &#39;small&#39; with its 2 trials" in page
    assert "had been read before, by &#39;small&#39; (" in page
    # Each budget leads to the first study that had it, and more of it to the next.
    asked = {2: "small", 3: "small-2", 4: "small-2"}
    for trials_asked, name in asked.items():
        again = run_search(space(budget={"trials": trials_asked}), store=url)
        assert (again.study, again.already) == (name, True)
    assert run_search(space(budget={"trials": 5}), store=url, report=False).study == "small-3"


def test_an_unknown_study_is_told_with_the_nearest_name(finished: str) -> None:
    with pytest.raises(StoreError, match=r"no study 'smal' here \(did you mean 'small'\?\)"):
        open_study("smal", finished)


# Time


@pytest.mark.parametrize(("channels", "cores"), [(8, 1), (64, 2)])
def test_all_workers_train_a_single_finalist_if_it_is_large(
    url: str, channels: int, cores: int
) -> None:
    search = {**SPACE["search"], "executor": "processes", "workers": 2}
    layers = [{"conv": {"channels": channels}}] * 3 + SPACE["architecture"][1:]
    run_search(
        space(search=search, architecture=layers, budget={"trials": 2}), store=url, report=False
    )
    store, study = open_study("small", url)
    winner = next(row for row in store.finals(study.id) if "ensemble" not in row.details)
    assert winner.details["cores"] == cores


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [12, 20])
def test_a_search_keeps_to_its_time(url: str, seconds: float) -> None:
    """Budgets so short that workers hardly start: with a bundle and a report all the same."""
    search = {"workers": 2, "stopping": {"asha": {"first": 1}}}
    given = space(budget={"time": seconds}, search=search)
    began = time.monotonic()
    result = run_search(given, store=url)
    assert time.monotonic() - began < seconds + 10
    assert result.bundle is not None
    assert result.report is not None
    _, study = open_study("small", url)
    assert study.seconds == pytest.approx(time.monotonic() - began, abs=1)


def test_progress_is_shown_in_every_phase(url: str) -> None:
    seen: list[Snapshot] = []
    run_search(space(budget={"trials": 2}), store=url, report=False, watch=seen.append)
    phases = list(dict.fromkeys(snapshot.phase for snapshot in seen))
    assert phases == ["search", "finals", "bundle", "done"]
    assert seen[-1].best is not None
    assert seen[-1].elapsed > 0


# Nothing to show for it


def test_no_result_says_why_and_leaves_the_study_open(url: str) -> None:
    given = space(constraints={"params": {"max": 3}}, study="none")
    with pytest.raises(NoTrialSucceeded) as caught:
        run_search(given, store=url)
    found = "  20 infeasible (constraint), such as trial 0: params: "
    assert found in str(caught.value)
    _, study = open_study("none", url)
    assert study.state == "interrupted"
    with pytest.raises(NoTrialSucceeded, match="infeasible"):
        run_search(given, store=url)


def test_diverging_trials_are_summed_up(url: str) -> None:
    recipe = {"optimizer": {"sgd": {"lr": 1000}}, "epochs": 8, "batch_size": 16, "clip": None}
    layer = {"conv": {"channels": 8, "norm": "none", "activation": "none"}}
    architecture = [
        {"conv": {"channels": {"choice": [8, 12, 16]}}},
        *(layer for _ in range(6)),
        "global_pool",
        {"linear": {"units": "=classes", "activation": "none"}},
    ]
    with pytest.raises(NoTrialSucceeded) as caught:
        run_search(space(architecture=architecture, training=recipe), store=url)
    assert str(caught.value).splitlines() == ["no trial succeeded:", "  3 failed (non-finite)"]


def test_too_little_time_is_told() -> None:
    told: list[str] = []
    hold: Any = SimpleNamespace(add_event=lambda level, text: told.append(f"{level}: {text}"))
    for epochs in (1.0, 0.4):
        _tell_shortness(hold, epochs)
    (found,) = told
    assert "warning: too little time: the best network came to 0.4 of an epoch" in found


# Resumed in every phase


def resumed(url: str, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, after: bool) -> None:
    """Break a run in or after a function, once, and run it again."""
    before: Callable[..., Any] = getattr(owner, name)

    def broken(*given: Any, **named: Any) -> Any:
        if after:
            before(*given, **named)
        raise ValueError("broken")

    monkeypatch.setattr(owner, name, broken)
    with pytest.raises(ValueError, match="broken"):
        run_search(space(), store=url)
    monkeypatch.setattr(owner, name, before)


@pytest.mark.parametrize(
    ("owner", "name", "after"),
    [
        pytest.param(Finals, "run", False, id="search", marks=pytest.mark.slow),
        pytest.param(Finalists, "refit", True, id="finals"),
        pytest.param(Finals, "run", True, id="test", marks=pytest.mark.slow),
        pytest.param(closing, "close", False, id="bundle", marks=pytest.mark.slow),
        pytest.param(closing, "report_of", False, id="report"),
        pytest.param(closing, "close", True, id="end", marks=pytest.mark.slow),
    ],
)
def test_a_run_that_broke_is_finished_by_the_next(
    url: str, finished: str, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, after: bool
) -> None:
    resumed(url, monkeypatch, owner, name, after)
    _, study = open_study("small", url)
    assert study.state == "interrupted"
    result, calm = run_search(space(), store=url), run_search(space(), store=finished)
    assert (result.test, result.validation) == (calm.test, calm.validation)
    rows, wanted = (
        at.finals(of.id) for at, of in (open_study("small", u) for u in (url, finished))
    )
    assert len(rows) == len(wanted)
    assert result.bundle is not None
    assert load_bundle(result.bundle).document.metrics
    assert result.report is not None
    assert result.report.is_file()


def test_a_budget_raised_before_the_end_counts_as_the_studys(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resumed(url, monkeypatch, Finals, "run", after=False)
    raised = space(budget={"trials": 5})
    assert run_search(raised, store=url, report=False).continued
    again = run_search(raised, store=url)
    assert (again.study, again.already) == ("small", True)


def test_weights_that_are_gone_before_the_bundle_are_told(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resumed(url, monkeypatch, closing, "close", after=False)
    store = open_store(url)
    for path in (store.folder / "small" / "checkpoints").iterdir():
        path.unlink()
    with pytest.raises(StoreError, match="the weights of the finals are gone"):
        run_search(space(), store=url)


# Spaces


def test_overrides_reach_the_space() -> None:
    loaded = load_space(space(), overrides=["budget.trials=7", "training.epochs=5"])
    assert loaded.sections["budget"].trials == 7  # type: ignore[attr-defined]
    assert loaded.document["training"]["epochs"] == 5
