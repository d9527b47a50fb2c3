"""The coordinator's memory: rungs, ranks, and what is unfinished."""

from __future__ import annotations

import random

from autocnn.search.history import History
from autocnn.search.trial import Trial


def trial(number: int, state: str = "paused", reason: str | None = "rung", **given: int) -> Trial:
    return Trial(number, {}, None, state, reason, ladder=(323, 971, 1300), **given)


def test_a_rung_takes_the_first_point_at_or_above_it() -> None:
    # A batch of 64 ends at 384 images, beyond the rung of 323.
    entry = trial(0, images=384)
    entry.note(384, 0.5)
    assert entry.level == 323
    assert entry.next_level == 971
    assert entry.rungs == {323: 0.5}
    entry.note(768, 0.9)
    entry.note(1024, 0.6)
    assert entry.rungs == {323: 0.5, 971: 0.6}
    assert entry.best == (0.9, 768)


def test_one_point_may_reach_two_rungs() -> None:
    entry = trial(0, images=1300)
    entry.note(1300, 0.5)
    assert entry.rungs == {323: 0.5, 971: 0.5, 1300: 0.5}
    assert entry.level == 1300
    assert entry.next_level is None


def test_a_repeated_point_changes_nothing() -> None:
    entry = trial(0)
    entry.note(384, 0.5)
    entry.note(384, 0.9)
    assert entry.scores == {384: 0.5}
    assert entry.rungs == {323: 0.5}


def test_only_who_waits_at_a_rung_is_open_to_promotion() -> None:
    waiting, cut = trial(0, images=384), trial(1, reason="budget", images=500)
    gone, ended = trial(2, "running", None, images=384), trial(3, "failed", "bug", images=384)
    for entry in (waiting, cut, gone, ended):
        entry.note(384, 0.5)
    (rung,) = History([waiting, cut, gone, ended]).rungs()
    assert rung.level == 323
    assert rung.settled == {1, 2, 3}


def test_what_was_cut_off_is_unfinished() -> None:
    states = [
        ("waiting", None),
        ("running", None),
        ("paused", "interrupted"),
        ("paused", "budget"),
    ]
    assert all(trial(0, *state).unfinished for state in states)
    others = [("paused", "rung"), ("completed", None), ("failed", "bug"), ("stopped", "patience")]
    assert not any(trial(0, *state).unfinished for state in others)


def test_failed_trials_and_repetitions_are_no_results() -> None:
    failed, good = trial(0, "failed", "non-finite"), trial(1, "completed", None)
    failed.note(384, 0.9)
    history = History([failed])
    assert not history.has_result()
    good.note(384, 0.5)
    history.add(good)
    assert history.ranked() == [good]


def test_the_longest_barren_row_is_remembered() -> None:
    states = ["infeasible", "duplicate", "completed", "infeasible"]
    assert History([trial(i, state) for i, state in enumerate(states)]).barren == 2


def test_what_is_kept_up_is_what_a_look_at_all_trials_finds() -> None:
    chance, history = random.Random(0), History()
    for _ in range(300):
        if len(history.trials) < 40:
            history.add(trial(len(history.trials), "running", None))
        entry = chance.choice(history.trials)
        if entry.next_level and entry.state != "failed":
            entry.images = entry.next_level
            entry.note(entry.images, chance.randrange(5) / 4)
        entry.state, entry.reason = chance.choice(
            [("paused", "rung"), ("running", None), ("completed", None), ("failed", "bug")]
        )
        results = sorted(
            (entry for entry in history.trials if entry.succeeded and entry.best),
            key=lambda entry: (-(entry.best or (0.0,))[0], entry.number),
        )
        assert history.ranked() == results
        assert history.leaders(3) == results[:3]
        for rung in history.rungs():
            there = [entry for entry in history.trials if rung.level in entry.rungs]
            waiting = [e.number for e in there if e.waits and e.level == rung.level]
            assert rung.values == {entry.number: entry.rungs[rung.level] for entry in there}
            assert rung.waiting == waiting
            order = sorted(there, key=lambda entry: (-entry.rungs[rung.level], entry.number))
            assert list(rung.ranked()) == [entry.number for entry in order]
