"""How much of a time budget is kept for the finals."""

from __future__ import annotations

import math
import statistics

from autocnn.search.history import History
from autocnn.search.promise import promising
from autocnn.search.settings import FinalsOptions
from autocnn.search.sharing import sharers
from autocnn.search.trial import Trial

SHARE = 0.6
"""The share of the time, unless the trainings that the finals could do are shorter or longer."""

MOST = 0.85
"""The share of the time for one training that is longer than that."""

ROUNDS = 4
"""Finalists per worker at the most."""

BESIDE = 3
"""Trainings beside those of the finalists, as the refit and those with other seeds."""

MARGIN = 1.3
"""Seconds to keep over those of the trainings, for evaluations and a machine that gets slower."""

FASTEST = 4
"""So many of the best trials say how long a training and a look at a part take."""

EVALUATION_SPEED = 4.0
"""Images per second that all cores evaluate over those that one of them trains, at least."""


def finals_seconds(
    rest: float,
    options: FinalsOptions,
    history: History,
    workers: int,
    networks: int,
    sharing: int,
) -> float:
    """Seconds that are kept of the `rest` of a time budget, the share that the options say.

    Without a limit none. By `auto` it is 60 % of the time; more, up to 85 %, where one full
    training by all workers that can share it takes longer, since an unfinished one costs more than
    a shorter search, and only what they can use where trainings are short. Of the `networks` of a
    cross-validation only one is trained. So many workers as `sharing` says can train one network.
    """
    if rest == math.inf:
        return 0.0
    if options.share != "auto":
        return rest * options.share / networks
    kept, full = rest * SHARE / networks, full_seconds(history, workers)
    if full is None:
        return kept
    finalists = 0 if networks > 1 else options.candidates
    count = ROUNDS * workers if finalists == "auto" else finalists
    alone = full * workers / cores(promising(history, 1)[0], sharing)
    longest = max(kept, min(alone, rest * MOST / networks))
    return min(longest, MARGIN * full * (count + BESIDE))


def cores(trial: Trial, workers: int, at_once: int = 1) -> int:
    """How many of the workers train a trial's candidate where so many are trained at a time."""
    recipe = trial.recipe
    images = trial.full // recipe.epochs
    return sharers(workers // at_once, recipe.batch_size, images, trial.macs)


def full_seconds(history: History, workers: int) -> float | None:
    """How long all workers train one of the best candidates in full; None before that is known."""
    best = [trial for trial in promising(history, FASTEST) if trial.speed]
    seconds = [trial.full_images * trial.recipe.mean_pixels / trial.full_speed for trial in best]
    return statistics.median(seconds) / workers if seconds else None


def reading_seconds(images: int, history: History, tta: bool) -> float:
    """How long it takes to look at so many images with the slowest of the best networks."""
    each = [
        (trial.recipe.view_count if tta else 1) / (EVALUATION_SPEED * trial.full_speed)
        for trial in promising(history, FASTEST)
        if trial.speed
    ]
    return images * max(each, default=0.0)
