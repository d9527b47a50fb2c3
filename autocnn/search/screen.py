"""Several draws for each trial, of which the one that looks best before training is trained."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from autocnn.registry import OneOf, Options, Whole
from autocnn.training.scores import SCORES, InitialScore

SCORED = "scores"
"""The note of a trial that has its scores by name."""

SCREENED = "screen"
"""The reason of a trial that was not trained since another draw had a higher score."""


class Screen(Options):
    """Let the strategy draw `draws` candidates for each trial; the highest `score` is trained.

    The others are told as infeasible. Known candidates that go first are not screened.
    """

    score: Annotated[InitialScore, OneOf(SCORES)]
    draws: Annotated[Whole, Field(ge=2, le=64)] = 8
