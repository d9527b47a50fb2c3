"""`autocnn train --check-determinism`: does a training give the same weights again?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from autocnn.cli.terminal import Terminal

if TYPE_CHECKING:
    from autocnn.data import Dataset
    from autocnn.search.settings import SearchOptions
    from autocnn.space import Candidate
    from autocnn.training import Plan


def check_determinism(
    terminal: Terminal,
    candidate: Candidate,
    dataset: Dataset,
    plan: Plan,
    seed: int,
    metric: str,
    options: SearchOptions,
) -> bool:
    """Train an epoch twice, and in two parts, and say whether the same bits came out.

    As many processes do it as would train the network in full.
    """
    from autocnn.search.determinism import digests
    from autocnn.search.full_training import workers_for

    workers = workers_for(candidate, len(dataset.train), options, plan)
    first, again, resumed = digests(candidate, dataset, plan, seed, metric, workers)
    terminal.document(
        {
            "workers": workers,
            "sha256": {"first": first, "again": again, "resumed": resumed},
            "deterministic": first == again,
            "resumable": first == resumed,
        }
    )
    by = f" by {workers} processes" if workers > 1 else ""
    for name, found in (("trained again", again), ("interrupted and resumed", resumed)):
        verdict = "the same bits" if found == first else f"other bits: {found[:12]}"
        terminal.line(f"an epoch{by}, {name}: {verdict}")
    terminal.line(f"sha256 of weights, optimizer and averages: {first}")
    return first == again == resumed
