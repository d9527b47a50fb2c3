"""The views of a study and of a trial, in the order in which a page shows them."""

from __future__ import annotations

from collections.abc import Mapping

from autocnn.report import (
    cost,
    curves,
    failures,
    fidelity,
    footprint,
    hypervolume,
    importance,
    lineage,
    parallel,
    progress,
    rungs,
    timeline,
    trial_curves,
)
from autocnn.report.view import View

FEASIBLE = {"feasible": "within the limits alone"}
CIRCLED = (
    "Circled networks are the best for their cost: none that costs as much or less did better. "
    "The stronger a dot, the more of its full training the trial had."
)

VIEWS: Mapping[str, View] = {
    view.name: view
    for view in (
        View(
            "best-over-trials",
            "Over trials",
            "progress",
            "Each dot is the best value of one trial.",
            progress.over_trials,
            ("trials", "others"),
        ),
        View(
            "best-over-seconds",
            "Over seconds",
            "progress",
            "Each dot is one evaluation; time between runs is left out.",
            progress.over_seconds,
            ("study", "trials", "progress", "finals", "others"),
        ),
        View(
            "best-over-epochs",
            "Over epochs",
            "progress",
            "Each dot is one evaluation, after what all trials together had trained.",
            progress.over_epochs,
            ("progress", "others"),
        ),
        View(
            "learning-curves",
            "Learning curves",
            "curves",
            "The best trials have colours, the others are grey.",
            curves.curves,
            ("trials", "progress"),
            {"log": "logarithmic", "smooth": "smoothed"},
            wide=True,
        ),
        View(
            "funnel",
            "Who climbed",
            "rungs",
            "Trials at each rung, and what became of them there.",
            rungs.funnel,
            ("progress", "decisions"),
        ),
        View(
            "decisions",
            "Every decision",
            "rungs",
            "Each sign is a trial at a rung with its value there; a dotted line is what the last "
            "one promoted had to reach.",
            rungs.decisions,
            ("progress", "decisions"),
        ),
        View(
            "fidelity",
            "What a rung foretells",
            "rungs",
            "Spearman's rank correlation of the values at a rung with those at the last one, over "
            "trials that reached both, with a 95 % interval. 1: the rung ranks as the end does.",
            fidelity.fidelity,
            ("progress", "decisions"),
        ),
        View(
            "params",
            "Parameters",
            "cost",
            CIRCLED,
            cost.params,
            ("study", "trials"),
            FEASIBLE,
            switchable=cost.limited,
        ),
        View(
            "macs",
            "Multiply-adds",
            "cost",
            CIRCLED,
            cost.macs,
            ("study", "trials"),
            FEASIBLE,
            switchable=cost.limited,
        ),
        View(
            "hypervolume",
            "The front over trials",
            "cost",
            "Of the box between the worst and the best that any trial came to in each objective, "
            "the share that the trials so far dominate; costs by their logarithm.",
            hypervolume.hypervolume,
            ("study", "trials", "progress"),
            wide=True,
        ),
        View(
            "parallel",
            "Choices of each trial",
            "holes",
            "Each line is a trial, the stronger the better, and the best one in its own colour. "
            "Choices of one block stand together; a line passes below an axis whose hole its "
            "trial did not have.",
            parallel.choices,
            wide=True,
        ),
        View(
            "importance",
            "Importance of holes",
            "holes",
            "How much of what a small random forest learned about the trials hangs on each hole, "
            "by itself and together with others; a hole that is not always there counts where it "
            "is. How long a trial trained is taken out.",
            importance.importance,
        ),
        View(
            "interactions",
            "Interactions",
            "holes",
            "What two holes do together beyond what each does alone.",
            importance.interactions,
        ),
        View(
            "dependence",
            "What each value does",
            "holes",
            "Each dot is a trial at its value; the line is what the forest expects, averaged over "
            "all else.",
            importance.dependence,
            wide=True,
        ),
        View(
            "footprint",
            "Map of the candidates",
            "holes",
            "Candidates with like choices lie near each other, the better the stronger. Crosses "
            "have no result.",
            footprint.footprint,
            switches={"order": "colours by time"},
        ),
        View(
            "timeline",
            "Workers",
            "workers",
            "A bar for each trial, as long as it trained, with the share of the time that each "
            "worker trained. Where a trial changed workers, only the last one is known.",
            timeline.timeline,
            ("trials", "progress"),
            wide=True,
        ),
        View(
            "failure-reasons",
            "Reasons",
            "failures",
            "Failed trials broke off; impossible ones were never trained.",
            failures.failures_figure,
        ),
    )
}
"""The views of a study: `VIEWS[name].figure(frames, objective, **switches)`."""

TRIAL_VIEWS: Mapping[str, View] = {
    view.name: view
    for view in (
        View(
            "metric-curve",
            "What is searched for",
            "trial",
            "The value at each evaluation; dotted lines are decisions of the stopping rule.",
            trial_curves.metric_curve,
            ("progress", "decisions"),
        ),
        View(
            "loss-curves",
            "Losses",
            "trial",
            "On the images it learned from, and on validation.",
            trial_curves.loss_curves,
            ("progress",),
            {"log": "logarithmic"},
        ),
        View(
            "learning-rate",
            "Learning rate",
            "trial",
            "As the schedule set it.",
            trial_curves.learning_rate,
            ("progress",),
        ),
        View(
            "lineage",
            "Where it comes from",
            "trial",
            "The trials that it was made from, one after the other, and what each step changed.",
            lineage.lineage,
        ),
    )
}
"""The views of one trial: `TRIAL_VIEWS[name].figure(frames, objective, number, **switches)`."""
