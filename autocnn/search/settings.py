"""The parts of a space that say how to search: `search` and `budget`."""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from autocnn.registry import Listed, OneOf, Options, OrEmpty, OrNone, Whole
from autocnn.search.fidelity import Fidelity
from autocnn.search.screen import Screen
from autocnn.search.stopping import STOPPING, StoppingRule
from autocnn.search.strategies import STRATEGIES, Strategy
from autocnn.training.scores import SCORES, InitialScore

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(value: object) -> object:
    """Read `90`, `90s`, `30m`, `2h`, `1h30m` as seconds; anything else is returned as it is."""
    if isinstance(value, str):
        parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhd])", value.strip())
        if parts and re.fullmatch(r"(\s*\d+(\.\d+)?\s*[smhd])+\s*", value):
            return sum(float(number) * _UNITS[unit] for number, unit in parts)
        raise ValueError(f"expected a time such as 90s, 30m or 2h, got {value!r}")
    return value


Seconds = Annotated[float, BeforeValidator(parse_duration), Field(gt=0)]


class FinalsOptions(Options):
    """How the last phase is run.

    `share` of a time budget is kept for it (`auto`: 60 %, more where one training takes longer,
    and no more than they can use where trainings are short), `candidates` of the most promising
    trials are retrained by all workers (`auto`: as many as the time allows in full), and with
    `refit` the winner is trained once more on train and validation if time allows; where it does
    not, all of them learn most of validation from the start, and at most 1,000 of its images, and
    at most half, compare them (not without a test part). `seeds` trainings of the best tell how
    much luck there is in one (`auto`: up to three if a time budget leaves room). With `ensemble`
    those of all these networks whose mean prediction is best on validation become a bundle of
    their own. In a cross-validation there is only the refit, on all folds for the whole horizon;
    the share is divided by their number.
    """

    share: Annotated[float, Field(gt=0, lt=1)] | Literal["auto"] = "auto"
    candidates: Annotated[Whole, Field(ge=1, le=64)] | Literal["auto"] = "auto"
    refit: bool = True
    seeds: Annotated[Whole, Field(ge=1, le=32)] | Literal["auto"] = "auto"
    ensemble: bool = True


Values = dict[str, bool | int | float | str]


class StartOptions(Options):
    """What is tried before the strategy proposes.

    `candidates` are values of holes by name, of which the strategy fills those that are left out,
    or paths to bundles and candidates whose networks lie in the space. With `earlier` the best of
    earlier studies of the same store follow whose data are alike, with `portfolio` candidates for
    small images that come with autocnn; both only where their holes are those of the space.
    """

    candidates: Annotated[tuple[Values | str, ...], Listed] = ()
    earlier: bool = True
    portfolio: bool = True


class SearchOptions(Options):
    """Which strategy proposes, which rule stops, from which seed, on how many workers.

    `workers: auto` is one for each GPU, or for each core where there is none. With `inherit` a
    trial that was made from another one begins with those of its weights whose names and shapes it
    has; the finals always train from scratch. With a `fidelity` trials are trained on less than
    the whole, the finals are not. `scores` before training are noted of every trial, and with a
    `screen` one of them chooses what is trained among several draws. With `controls` two more
    studies of as many seconds follow: random search, and the first candidate without a search.
    """

    strategy: Annotated[Strategy, OneOf(STRATEGIES)] = STRATEGIES["default"]()
    stopping: Annotated[StoppingRule, OneOf(STOPPING)] = STOPPING["default"]()
    seed: Annotated[Whole, Field(ge=0, le=2**32 - 1)] = 0
    workers: Annotated[Whole, Field(ge=1, le=1024)] | Literal["auto"] = "auto"
    executor: Literal["processes", "inline"] = "processes"
    inherit: bool = False
    fidelity: Annotated[Fidelity | None, OrNone] = None
    scores: Annotated[tuple[Annotated[InitialScore, OneOf(SCORES)], ...], Listed, OrEmpty] = ()
    screen: Annotated[Screen | None, OrNone] = None
    controls: bool = False
    start: StartOptions | Literal["none"] = StartOptions()
    finals: FinalsOptions = FinalsOptions()


class Budget(Options):
    """Limits of a study, totals over all its runs; the first one reached ends the search.

    `trials` counts those that began training; `epochs` and `images`, as trials see them, add up
    over trials.
    """

    time: Seconds | None = None
    trials: Annotated[Whole, Field(ge=1)] | None = None
    epochs: Annotated[float, Field(gt=0)] | None = None
    images: Annotated[Whole, Field(ge=1)] | None = None

    def images_of(self, epoch: int) -> float:
        """The limit in training images, `epoch` of which are an epoch: whole, or infinity."""
        epochs = math.inf if self.epochs is None else max(1, round(self.epochs * epoch))
        return min(epochs, math.inf if self.images is None else self.images)
