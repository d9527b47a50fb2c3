"""A follower has what a whole reading has, after every step of a study, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pandas.testing import assert_frame_equal
from sqlalchemy import insert
from store_values import SQLITE_ALONE, new_point, new_study

from autocnn.errors import StoreError
from autocnn.store import (
    DecisionRow,
    FinalRow,
    Hold,
    NewTrial,
    ProgressRow,
    Store,
    follow,
    frames,
    open_store,
)
from autocnn.store.engine import plain_errors
from autocnn.store.follow import Follower, StudyGone
from autocnn.store.tables import EVENT


def point(images: int) -> ProgressRow:
    return new_point(images, val_accuracy=images / 100)


def decision(trial: int, rung: int, action: str) -> DecisionRow:
    return DecisionRow(trial=trial, rung=rung, action=action, by="asha")


def many(hold: Hold) -> None:
    for number in range(7):
        hold.add_trial(NewTrial(number=number, values={"width": number}))
        for images in range(10, 10 * number, 10):
            hold.add_progress(number, point(images), (), {"images": images, "state": "running"})


def pause(hold: Hold) -> None:
    for number in (3, 4):
        hold.update_trial(
            number, decisions=[decision(number, 10, "pause")], state="paused",
            reason="not-promoted",
        )  # fmt: skip


def go_on(hold: Hold) -> None:
    hold.update_trial(3, decisions=[decision(3, 10, "promote")], state="running", reason=None)
    hold.add_progress(3, point(60), (), {"images": 60, "state": "completed", "best_value": 0.6})


def end(hold: Hold) -> None:
    hold.add_final(FinalRow(trial=3, seed=0, split="test", metric="accuracy", value=0.5))
    hold.add_event("warning", "late")
    hold.update_trial(1, detail="of an ended trial", state="failed", reason="bug")
    hold.set_study(state="finished")


@pytest.fixture
def reader(store: Store, url: str) -> Iterator[Store]:
    opened = open_store(url, read_only=True)
    yield opened
    opened.close()


def equal(follower: Follower, store: Store) -> None:
    for name in ("trials", "progress", "decisions", "finals", "events"):
        expected = getattr(frames, name)(store, "a")
        assert_frame_equal(getattr(follower, name)(), expected)
    assert follower.study.state == store.studies()[0].state


def test_it_has_what_a_whole_reading_has(
    store: Store, reader: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "SLICE", 2)
    monkeypatch.setattr(follow, "CHUNK", 3)
    study = store.create_study(new_study("a"))
    follower = Follower(reader, study)
    steps: list[Callable[[Hold], None]] = [lambda hold: None, many, pause, go_on, end]
    with store.hold(study.id) as hold:
        for step in steps:
            step(hold)
            for _ in range(5):  # the sweep over what seemed unchanged takes several updates
                follower.update(10)
            assert follower.complete
            equal(follower, store)
        before = dict(follower.revisions)
        follower.update(10)
        assert follower.revisions == before


def test_it_reads_on_where_its_time_ended(
    store: Store, reader: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "SLICE", 2)
    study = store.create_study(new_study("a"))
    with store.hold(study.id) as hold:
        many(hold)
    follower = Follower(reader, study)
    follower.update(0)
    assert not follower.complete
    assert len(follower.trials()) == 2, "there is something in any case"
    follower.update(10)
    assert follower.complete
    equal(follower, store)


def test_a_reader_cannot_write(store: Store, reader: Store) -> None:
    study = store.create_study(new_study("a"))
    values = {"study": study.id, "number": 0, "level": "info", "message": "", "created": None}
    with (
        pytest.raises(StoreError, match=r"read-?only.*P07"),
        plain_errors(reader.location),
        reader.engine.begin() as connection,
    ):
        connection.execute(insert(EVENT).values(values))


@SQLITE_ALONE
def test_a_reader_makes_no_file(store: Store, reader: Store, url: str, tmp_path: Path) -> None:
    follower = Follower(reader, store.create_study(new_study("a")))
    file = tmp_path / "autocnn.db"
    file.rename(tmp_path / "b.db")
    with pytest.raises(StoreError, match="unable to open"):
        follower.update(1)
    assert not file.exists()
    other = open_store(url)
    with pytest.raises(StudyGone):
        follower.update(1)
    other.close()
