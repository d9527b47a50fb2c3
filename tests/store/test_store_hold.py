"""One writer per study: who may take it, and who finds out that it lost it."""

from __future__ import annotations

import platform
from dataclasses import replace

import pytest
from sqlalchemy import update
from store_values import new_study, new_trial

from autocnn.errors import StoreError
from autocnn.store import HoldLost, Store, StudyRecord, open_store
from autocnn.store.process import is_alive, this_process
from autocnn.store.tables import STUDY


def _rewrite(store: Store, **holder: object) -> None:
    with store.engine.begin() as connection:
        connection.execute(update(STUDY).values(**holder))


def test_holder_is_shown_while_it_holds(store: Store, study: StudyRecord):
    with store.hold(study.id):
        holder = store.study("digits").holder
        assert (holder.host, holder.pid) == (platform.node(), this_process().pid)
        assert 0 <= holder.silent < 60
        assert abs((holder.since - study.created).total_seconds()) < 60
    assert store.study("digits").holder is None


def test_p09_second_holder_is_refused(store: Store, study: StudyRecord, url: str):
    pid = this_process().pid
    second = open_store(url)
    with store.hold(study.id):
        with pytest.raises(
            StoreError,
            match=rf"study 'digits' is held by process {pid} since \d{{4}}-.* UTC \[P09\]",
        ):
            second.hold(study.id)
        other = second.create_study(new_study("other"))
        with second.hold(other.id) as hold:
            hold.add_trial(new_trial(0))
    with second.hold(study.id) as hold:
        hold.add_trial(new_trial(0))
    second.close()


def test_reused_pid_is_not_the_holder(store: Store, study: StudyRecord):
    lost = store.hold(study.id)
    _rewrite(store, holder_started="1")
    assert store.study("digits").holder is None
    with store.hold(study.id):
        pass
    with pytest.raises(HoldLost):
        lost.heartbeat(1.0)


def test_holder_on_another_machine_dies_of_silence(store: Store, study: StudyRecord):
    lost = store.hold(study.id)
    _rewrite(store, holder_machine="elsewhere", holder_host="far")
    _rewrite(store, holder_seen=STUDY.c.holder_seen - 50.0)
    with pytest.raises(StoreError, match=r"on far since .*silent for 5\d s, taken for dead after"):
        store.hold(study.id)
    _rewrite(store, holder_seen=STUDY.c.holder_seen - 11.0)
    with store.hold(study.id) as hold:
        hold.add_trial(new_trial(0))
        with pytest.raises(HoldLost, match=r"has taken this study over.*\[P17\]"):
            lost.add_trial(new_trial(1))
        lost.__exit__(None, None, None)
        assert store.study("digits").holder is not None
    assert [trial.number for trial in store.trials(study.id)] == [0]


@pytest.mark.parametrize(
    "write",
    [
        lambda hold: hold.heartbeat(1.0),
        lambda hold: hold.set_study(state="finished"),
        lambda hold: hold.add_trial(new_trial(0)),
        lambda hold: hold.update_trial(0, state="running"),
        lambda hold: hold.add_event("info", "late"),
    ],
)
def test_p17_lost_holder_writes_nothing(store: Store, study: StudyRecord, write):
    lost = store.hold(study.id)
    _rewrite(store, holder_token="another's")
    with pytest.raises(HoldLost):
        write(lost)
    found = store.study("digits")
    assert (found.seconds, found.state) == (0.0, "running")
    assert store.trials(study.id) == []
    assert store.events(study.id) == []


def test_released_hold_writes_no_more(store: Store, study: StudyRecord):
    with store.hold(study.id) as hold:
        pass
    with pytest.raises(HoldLost):
        hold.heartbeat(1.0)


def test_unknown_study_cannot_be_held(store: Store):
    with pytest.raises(StoreError, match="No row was found"):
        store.hold("nobody")


def test_process_is_told_from_its_likes():
    me = this_process()
    assert is_alive(me) is True
    assert is_alive(replace(me, started="1")) is False
    assert is_alive(replace(me, pid=2**22 + 1)) is False
    assert is_alive(replace(me, machine="elsewhere")) is None
