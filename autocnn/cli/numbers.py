"""Numbers as people read and write them in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autocnn.search.measure import Score


def clock(seconds: float | None) -> str:
    """Seconds as `3:07` or `1:02:03`."""
    if seconds is None:
        return "-"
    whole = max(0, round(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def measured(value: float | None, metric: str) -> str:
    """A metric's value: accuracies in percent, others as they are."""
    if value is None:
        return "-"
    return f"{100 * value:.2f} %" if "accuracy" in metric else f"{value:.4f}"


def between(low: float | None, high: float | None, metric: str) -> str:
    """A 95 % interval, or nothing."""
    if low is None or high is None:
        return ""
    if "accuracy" in metric:
        return f"{100 * low:.2f} to {100 * high:.2f} %"
    return f"{low:.4f} to {high:.4f}"


def words(metric: str) -> str:
    """A metric's name as words: `val_f1_macro` is `f1 macro`."""
    return metric.removeprefix("val_").replace("_", " ")


def score_lines(part: str, score: Score) -> Iterator[str]:
    """A score on a part with its interval, and the objective's if that is another metric."""
    yield (
        f"{part:10} {words(score.metric)} {measured(score.value, score.metric)}  "
        f"(95 % {(score.interval or '').capitalize()} interval over {score.images:,} images: "
        f"{between(score.low, score.high, score.metric)})"
    )
    for row in score.measured()[1:]:
        yield f"{part:10} {words(row['metric'])} {measured(row['value'], row['metric'])}"


def seconds_of(text: str) -> float:
    """The seconds of `90s`, `30m` or `2h`, as --time has them; raises SpaceError."""
    from autocnn.errors import Problem, SpaceError
    from autocnn.search.settings import parse_duration

    try:
        return float(parse_duration(text))  # type: ignore[arg-type]
    except ValueError as error:
        rule = f"expected a time such as 90s, 30m or 2h, got {text!r}"
        raise SpaceError(Problem("Y08", rule, "--time")) from error
