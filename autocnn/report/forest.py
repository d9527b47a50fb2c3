"""A small random forest that learns a trial's value from its choices, and what it has learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from autocnn.report.axis import PREFIX, Axis
from autocnn.report.objective import Objective
from autocnn.report.ranks import evenly

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

LEAST = 20
"""Trials from which on a forest is grown."""

MOST = 1500
"""Trials that it learns from, at the most, spread evenly from the best to the worst."""

TREES = 32
ROWS = 200
SHOWN = 15  # holes whose importance is told
"""Trials over which effects are averaged."""

GRID = 9
"""Places of a hole at which its effect is computed, at the most."""

PAIRS = 7
"""Holes of which every pair is looked at: those with the largest effect."""


@dataclass(frozen=True, eq=False)
class Forest:
    """What was learned: a row per trial and a column per hole, the last one its training.

    A cell is the place of the value on its hole's axis; where the trial's other choices leave the
    hole out, `used` is False and the cell is that of some other trial, so that a hole does not
    stand for the choice that it hangs on. How long a trial trained is learned too, so that the
    choices are not blamed for it. `explained` is the share of the differences between trials, not
    learned from, that it foretells (Breiman, https://doi.org/10.1023/A:1010933404324).
    """

    axes: tuple[Axis, ...]
    rows: Numbers
    used: NDArray[np.bool_]
    explained: float
    model: Any

    @classmethod
    def of(cls, trials: pd.DataFrame, objective: Objective) -> Forest | None:
        """Grow it, or return None for too few trials or no hole that differs."""
        import numpy as np

        ranked = objective.ranked(trials)
        names = [name for name in ranked.columns if name.startswith(PREFIX)]
        open_ = [name for name in names if ranked[name].nunique() > 1]
        if len(ranked) < LEAST or not open_ or ranked["best_value"].nunique() < 2:
            return None
        from sklearn.ensemble import RandomForestRegressor

        chosen = ranked.iloc[evenly(len(ranked), MOST)]
        axes = tuple(Axis.of(name.removeprefix(PREFIX), chosen[name]) for name in open_)
        used = chosen[open_].notna().to_numpy()
        generator = np.random.default_rng(0)
        columns = [np.log1p(chosen["images"].to_numpy(float))]
        for place, (name, axis) in enumerate(zip(open_, axes, strict=True)):
            column = axis.positions(chosen[name])
            missing = ~used[:, place]
            column[missing] = generator.choice(column[~missing], missing.sum())
            columns.insert(-1, column)
        rows = np.column_stack(columns)
        model = RandomForestRegressor(
            TREES, min_samples_leaf=3, max_features=0.5, oob_score=True, random_state=0
        )
        model.fit(rows, chosen["best_value"].to_numpy(float))
        return cls(axes, rows, used, max(0.0, float(model.oob_score_)), model)

    @cached_property
    def importance(self) -> pd.DataFrame:
        """One row per hole: hole, trials (that had it), alone, total; the largest total first.

        Shares of the forest's variance: `alone` that of the effect averaged over all else, `total`
        with everything the hole takes part in (Sobol indices, Jansen,
        https://doi.org/10.1016/S0010-4655(98)00154-4). A hole that is not always there counts for
        the trials that have it.
        """
        import numpy as np
        import pandas as pd

        places, generator = evenly(len(self.rows), ROWS * 2), np.random.default_rng(0)
        sample, has = self.rows[places], self.used[places]
        known = self.model.predict(sample)
        variance = float(known.var()) or 1.0
        lines = []
        for column, axis in enumerate(self.axes):
            shuffled, used = sample.copy(), has[:, column]
            shuffled[used, column] = generator.permutation(sample[used, column])
            change = float(((self.model.predict(shuffled) - known) ** 2).mean()) / 2
            lines.append((axis.hole, int(self.used[:, column].sum()), change / variance, column))
        lines = sorted(lines, key=lambda line: -line[2])[:SHOWN]
        alone = [self._alone(column) / variance for *_, column in lines]
        frame = pd.DataFrame([line[:3] for line in lines], columns=["hole", "trials", "total"])
        frame.insert(2, "alone", np.minimum(alone, frame["total"]))
        return frame

    def dependence(self, hole: str) -> pd.DataFrame:
        """One row per place of a hole: position, value, share (of the trials that lie there).

        The value is what the forest expects of the sampled trials that have the hole, if each had
        it at that place (Friedman, https://doi.org/10.1214/aos/1013203451).
        """
        import pandas as pd

        column = self._column(hole)
        places, weights = self._grid(column)
        means = self._means([(column, place) for place in places], column)
        return pd.DataFrame({"position": places, "value": means, "share": weights})

    def interactions(self, holes: Sequence[str]) -> pd.DataFrame:
        """One row per pair of holes: first, second, share (of the forest's variance).

        What the pair does together beyond what both do alone; pairs that no trial has are left
        out.
        """
        import numpy as np
        import pandas as pd

        variance = float(self.model.predict(self._sample(ROWS)).var()) or 1.0
        lines = []
        for place, first in enumerate(holes):
            for second in holes[place + 1 :]:
                share = self._together(self._column(first), self._column(second))
                if share is not None:
                    lines.append((first, second, min(1.0, share / variance)))
        return pd.DataFrame(lines, columns=["first", "second", "share"]).astype(
            {"share": np.float64}
        )

    def _together(self, first: int, second: int) -> float | None:
        import numpy as np

        both = self.used[:, first] & self.used[:, second]
        if both.sum() < LEAST:
            return None
        sample = self._sample(ROWS // 3, both)
        (a, wa), (b, wb) = self._grid(first, 5), self._grid(second, 5)
        stacked = np.repeat(sample[None], len(a) * len(b), axis=0)
        stacked[:, :, first] = np.repeat(a, len(b))[:, None]
        stacked[:, :, second] = np.tile(b, len(a))[:, None]
        flat = stacked.reshape(-1, sample.shape[1])
        means = self.model.predict(flat).reshape(len(a), len(b), -1).mean(2)
        weights = wa[:, None] * wb[None, :]
        rows, columns = means @ wb, wa @ means
        rest = means - rows[:, None] - columns[None, :] + (weights * means).sum()
        return float((weights * rest**2).sum()) * float(both.mean())

    def _alone(self, column: int) -> float:
        places, weights = self._grid(column)
        means = self._means([(column, place) for place in places], column)
        middle = float(weights @ means)
        used = float(self.used[:, column].mean())
        return float(weights @ (means - middle) ** 2) * used

    def _means(self, changes: Sequence[tuple[int, float]], needed: int) -> Numbers:
        """The expected value over the sample, once per change of a column."""
        import numpy as np

        sample = self._sample(ROWS, self.used[:, needed])
        stacked = np.repeat(sample[None], len(changes), axis=0)
        for rows, (column, place) in zip(stacked, changes, strict=True):
            rows[:, column] = place
        found = self.model.predict(stacked.reshape(-1, sample.shape[1]))
        means: Numbers = found.reshape(len(changes), -1).mean(1)
        return means

    def _grid(self, column: int, most: int = GRID) -> tuple[Numbers, Numbers]:
        """Places of a hole with the shares of trials around them."""
        import numpy as np

        used = self.rows[self.used[:, column], column]
        places, counts = np.unique(used, return_counts=True)
        if len(places) > most:
            if self.axes[column].kind == "categories":
                kept = np.sort(np.argsort(-counts, kind="stable")[:most])
                places, counts = places[kept], counts[kept]
            else:
                edges = np.linspace(0, 1, most + 1)
                counts, _ = np.histogram(used, edges)
                places = (edges[:-1] + edges[1:]) / 2
        return places, counts / counts.sum()

    def _sample(self, most: int, rows: Any = None) -> Numbers:
        known = self.rows if rows is None else self.rows[rows]
        sample: Numbers = known[evenly(len(known), most)]
        return sample

    def _column(self, hole: str) -> int:
        return next(place for place, axis in enumerate(self.axes) if axis.hole == hole)
