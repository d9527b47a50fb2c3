"""What a study searched for, and how its values are said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING, Any

from autocnn.fidelity_text import fidelity_text

if TYPE_CHECKING:
    import pandas as pd

NONE = "\N{EN DASH}"
"""What stands where there is no value."""

PROPORTIONS = ("accuracy", "subset_accuracy", "top3_accuracy", "top5_accuracy")


@dataclass(frozen=True)
class Objective:
    """A validation metric such as `val_accuracy` and whether more of it is better.

    `fidelity` says what less than the whole trials were trained on, if they were, `several` that
    it is the first of several objectives.
    """

    metric: str = "val_accuracy"
    maximize: bool = True
    fidelity: str = ""
    several: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Objective:
        """Read the `objectives` of a study's settings; accuracy where they name none."""
        fidelity = fidelity_text(settings)
        known = ("maximize", "minimize")
        given = {k: v for k, v in (settings.get("objectives") or {}).items() if v in known}
        for metric, direction in given.items():
            return cls(metric, direction == "maximize", fidelity, len(given) > 1)
        return cls(fidelity=fidelity)

    @property
    def label(self) -> str:
        """Words for an axis: `validation accuracy`, with what trials were trained on."""
        words = self.metric.replace("val_", "validation ", 1).replace("_", " ")
        return f"{words}, trained on {self.fidelity}" if self.fidelity else words

    @property
    def is_share(self) -> bool:
        """Whether values are shares, in [0, 1]."""
        return "accuracy" in self.metric

    @property
    def is_proportion(self) -> bool:
        """Whether each image is right or wrong by it, and the value the share of right ones."""
        return self.metric.removeprefix("val_") in PROPORTIONS

    @property
    def ticks(self) -> str:
        """The number format of an axis, as plotly writes it."""
        return ".1~%" if self.is_share else ".3~g"

    def tick(self, value: float) -> str:
        """One value beside an axis."""
        return f"{100 * value:.3g}%" if self.is_share else f"{value:.3g}"

    def text(self, value: float | None) -> str:
        """One value in words: `93.8 %` or `0.214`; a dash for none."""
        if value is None or isnan(value):
            return NONE
        return percent(value) if self.is_share else f"{value:.4g}"

    def ranked(self, trials: pd.DataFrame) -> pd.DataFrame:
        """The trials that count, best first; of equal ones the one with the lower number."""
        known = counted(trials).sort_values("number")
        return known.sort_values("best_value", ascending=not self.maximize, kind="stable")

    def best_so_far(self, values: pd.Series[float]) -> pd.Series[float]:
        """The best value up to each place."""
        return values.cummax() if self.maximize else values.cummin()


def counted(trials: pd.DataFrame) -> pd.DataFrame:
    """The trials with a value of their own: not failed, not answered from an equal trial."""
    own = ~trials["state"].isin(["failed", "duplicate"])
    return trials[own & trials["best_value"].notna()]


def percent(share: float, digits: int = 2) -> str:
    """`0.9384` -> `93.84 %`; two digits are what a test set of ten thousand can tell."""
    return NONE if isnan(share) else f"{100 * share:.{digits}f} %"


def duration(seconds: float) -> str:
    """`581.2` -> `9 min 41 s`."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.3g} s"
    if whole < 3600:
        parts = ((whole // 60, "min"), (whole % 60, "s"))
    else:
        parts = ((whole // 3600, "h"), (whole % 3600 // 60, "min"))
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount)
