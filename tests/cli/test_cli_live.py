"""The view of a running search, from snapshots: in place, as lines, narrow, and after the end."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO

import pytest
from rich.console import Console

from autocnn.cli.live import View, draw, line
from autocnn.search.snapshot import Incumbent, RunningJob, Snapshot

MOMENTS = {
    "loading": Snapshot("loading", "fashion", 0.4),
    "first": Snapshot(
        "search", "fashion", 12.0, 600.0, {"running": 2}, (RunningJob(0, 0, 0.25, 12, None),)
    ),
    "middle": Snapshot(
        "search",
        "a study with quite a long name indeed",
        3_725.0,
        7_200.0,
        {"running": 2, "paused": 12, "completed": 3, "infeasible": 40, "failed": 1},
        (RunningJob(57, 0, 1.5, 12, 0.8812), RunningJob(58, 1, 0, 12, None)),
        Incumbent(31, 0.93456, 1_234_567, 98_765_432),
        "space exhausted",
    ),
    "over": Snapshot("finals", "fashion", 650.0, 600.0, {"completed": 3}),
    "unlimited": Snapshot("done", "fashion", 5.0, None, {"completed": 3}),
}


@pytest.mark.parametrize("width", [20, 40, 59, 60, 80, 200])
@pytest.mark.parametrize("name", MOMENTS)
def test_picture_fits_the_terminal(name: str, width: int) -> None:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    console.print(draw(MOMENTS[name], "val_accuracy", width))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= width
    assert len(lines) <= 24


def test_picture_says_everything() -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    console.print(draw(MOMENTS["middle"], "val_accuracy", 100))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for part in (
        "search",
        "1:02:05 of 2:00:00, 57:55 left",
        "best 93.46 %  trial 31, 1.23 M params, 98.8 M MACs",
        "2 running, 12 paused, 3 completed, 40 infeasible, 1 failed",
        "trial 57",
        "epoch 1.5/12 88.12 %",
        "space exhausted",
    ):
        assert part in text


def test_a_narrow_picture_has_the_same_lines() -> None:
    console = Console(file=io.StringIO(), width=20, force_terminal=False)
    console.print(draw(MOMENTS["middle"], "val_accuracy", 20))
    lines = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert lines[1] == "1:02:05 / 2:00:00"
    assert set(lines[2]) <= set("\N{BOX DRAWINGS HEAVY HORIZONTAL}\N{BOX DRAWINGS HEAVY LEFT} ")
    assert lines[3] == "best 93.46 % #31"
    assert "#57 1.5/12 88.12 %" in lines


def test_line_says_the_same() -> None:
    assert line(MOMENTS["middle"], "val_accuracy") == (
        "1:02:05 of 2:00:00, 57:55 left | search | 2 running, 12 paused, 3 completed, "
        "40 infeasible, 1 failed | best 93.46 % (trial 31, 1.23 M params, 98.8 M MACs) | "
        "space exhausted"
    )
    assert "best 0.9346 " in line(MOMENTS["middle"], "val_loss")
    assert line(MOMENTS["over"], "val_loss").startswith("10:50 of 10:00, 0:00 left")


def test_without_a_terminal_lines_come_seldom_and_at_each_phase(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with View("val_accuracy") as view:
        for _ in range(100):
            view.show(MOMENTS["first"])
        view.show(MOMENTS["over"])
    shown = capsys.readouterr().out.splitlines()
    assert [text.split(" | ")[1] for text in shown] == ["search", "finals"]


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with View("val_accuracy", quiet=True) as view:
        view.show(MOMENTS["middle"])
    assert capsys.readouterr().out == ""


class Gone(io.StringIO):
    """A standard output whose reader has left."""

    def __init__(self, file: IO[bytes]):
        super().__init__()
        self._file = file

    def write(self, text: str) -> int:
        raise BrokenPipeError

    def fileno(self) -> int:
        return self._file.fileno()


@pytest.mark.parametrize("terminal", [True, False])
def test_a_reader_that_left_does_not_end_the_search(
    terminal: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("wb") as file:
        gone = Gone(file)
        monkeypatch.setattr("sys.stdout", gone)
        console = Console(file=gone, width=80, force_terminal=terminal)
        with View("val_accuracy", console=console) as view:
            for moment in MOMENTS.values():
                view.show(moment)
            assert view.silent


def test_a_terminal_is_drawn_in_place_and_left_clean() -> None:
    file = io.StringIO()
    console = Console(file=file, width=20, height=10, force_terminal=True, _environ={})
    with View("val_accuracy", console=console) as view:
        for moment in MOMENTS.values():
            view.show(moment)
    text = file.getvalue()
    assert "\x1b[" in text
    assert text.endswith("\x1b[?25h") or "\x1b[?25h" in text[-60:]
