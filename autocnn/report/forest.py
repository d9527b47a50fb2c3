"""A small random forest that learns a trial's value from its choices, and what it has learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
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
"""Trials over which effects are averaged."""

SHOWN = 15
"""Holes whose importance is told."""

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
        tables = [sample]
        for column in range(len(self.axes)):
            shuffled, used = sample.copy(), has[:, column]
            shuffled[used, column] = generator.permutation(sample[used, column])
            tables.append(shuffled)
        known, *changed = self._expected(tables)
        variance = float(known.var()) or 1.0
        totals = [float(((values - known) ** 2).mean()) / 2 / variance for values in changed]
        shown = sorted(range(len(totals)), key=lambda column: -totals[column])[:SHOWN]
        counts = self.used.sum(0)
        frame = pd.DataFrame(
            [(self.axes[place].hole, int(counts[place]), totals[place]) for place in shown],
            columns=["hole", "trials", "total"],
        )
        alone = [
            float(weights @ (means - weights @ means) ** 2) * self.used[:, column].mean()
            for column, (_, weights, means) in zip(shown, self._effects(shown), strict=True)
        ]
        frame.insert(2, "alone", np.minimum(np.array(alone) / variance, frame["total"]))
        return frame

    def dependence(self, holes: Sequence[str]) -> list[pd.DataFrame]:
        """For each hole one row per place: position, value, share (of the trials that lie there).

        The value is what the forest expects of the sampled trials that have the hole, if each had
        it at that place (Friedman, https://doi.org/10.1214/aos/1013203451).
        """
        import pandas as pd

        return [
            pd.DataFrame({"position": places, "value": means, "share": weights})
            for places, weights, means in self._effects([*map(self._column, holes)])
        ]

    def interactions(self, holes: Sequence[str]) -> pd.DataFrame:
        """One row per pair of holes: first, second, share (of the forest's variance).

        What the pair does together beyond what both do alone; pairs that no trial has are left
        out.
        """
        import pandas as pd

        names = {self._column(hole): hole for hole in holes}
        pairs = [(a, b) for a, b in combinations(names, 2) if self._both(a, b).sum() >= LEAST]
        tables = [self._crossed(a, b) for a, b in pairs]
        whole, *found = self._expected([self._sample(ROWS), *tables])
        variance = float(whole.var()) or 1.0
        lines = [
            (names[a], names[b], min(1.0, self._together(a, b, values) / variance))
            for (a, b), values in zip(pairs, found, strict=True)
        ]
        frame = pd.DataFrame(lines, columns=["first", "second", "share"])
        return frame.astype({"share": "float64"})

    def _crossed(self, first: int, second: int) -> Numbers:
        """Trials that have both holes, at every pair of places of these."""
        import numpy as np

        sample = self._sample(ROWS // 3, self._both(first, second))
        (a, _), (b, _) = self._grid(first, 5), self._grid(second, 5)
        return _changed(sample, {first: a.repeat(len(b)), second: np.tile(b, len(a))})

    def _together(self, first: int, second: int, values: Numbers) -> float:
        """What is left of the expected values of `_crossed` without what both do alone."""
        (a, wa), (b, wb) = self._grid(first, 5), self._grid(second, 5)
        means = values.reshape(len(a), len(b), -1).mean(2)
        weights = wa[:, None] * wb[None, :]
        rows, columns = means @ wb, wa @ means
        rest = means - rows[:, None] - columns[None, :] + (weights * means).sum()
        return float((weights * rest**2).sum()) * float(self._both(first, second).mean())

    def _both(self, first: int, second: int) -> NDArray[np.bool_]:
        """Which trials have both holes."""
        both: NDArray[np.bool_] = self.used[:, first] & self.used[:, second]
        return both

    def _effects(self, columns: Sequence[int]) -> list[tuple[Numbers, Numbers, Numbers]]:
        """Of each column the places, the shares of trials there, and the expected values."""
        grids = [self._grid(column) for column in columns]
        tables = [
            _changed(self._sample(ROWS, self.used[:, column]), {column: places})
            for column, (places, _) in zip(columns, grids, strict=True)
        ]
        return [
            (places, weights, values.reshape(len(places), -1).mean(1))
            for (places, weights), values in zip(grids, self._expected(tables), strict=True)
        ]

    def _expected(self, tables: Sequence[Numbers]) -> list[Numbers]:
        """What the forest expects of the rows of each table; all at once, as each call costs."""
        import numpy as np

        if not tables:
            return []
        ends = np.cumsum([len(rows) for rows in tables])
        return np.split(self.model.predict(np.concatenate(tables)), ends[:-1])

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


def _changed(sample: Numbers, columns: Mapping[int, Numbers]) -> Numbers:
    """The rows of a sample once for each value that the columns are given, below each other."""
    import numpy as np

    (count,) = {len(values) for values in columns.values()}
    found: Numbers = np.tile(sample, (count, 1))
    for column, values in columns.items():
        found[:, column] = values.repeat(len(sample))
    return found
