"""A small Gaussian process over fillings, in closed form but for three numbers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]


class Inputs(NamedTuple):
    """What is known of fillings: rows and counts of an encoding, and features, one row each."""

    rows: Rows
    counts: Rows
    features: Rows


@dataclass(frozen=True)
class Kernel:
    """How alike two fillings are, as a sum of parts of total weight 1 where all are equal.

    A share `additive` is for holes that each have an effect of their own, half of it the same in
    all holes of a kind; the rest is for effects that holes have together, which fades by
    `exp(-fading)` with every hole in which two fillings differ. `pairs` has effects of pairs of
    holes instead. Features fade as one more hole.
    """

    holes: int
    fading: float = 0.4
    additive: float = 0.4
    pairs: bool = False

    def __call__(self, one: Inputs, other: Inputs) -> Rows:
        """Between all of one and all of the other, (n, m)."""
        return self._of(
            one.rows @ other.rows.T,
            one.counts @ other.counts.T,
            (one.features**2).sum(1)[:, None]
            + (other.features**2).sum(1)
            - 2 * one.features @ other.features.T,
            one.features.shape[1],
        )

    def diagonal(self, one: Inputs) -> Rows:
        """Of each with itself, (n,)."""
        same = np.zeros(len(one.rows))
        return self._of(same + self.holes, (one.counts**2).sum(1), same, one.features.shape[1])

    def _of(self, alike: Rows, counts: Rows, apart: Rows, features: int) -> Rows:
        shared = 0.5 if counts.any() else 0.0
        single = (1 - shared) * alike / self.holes + shared * counts / self.holes
        apart = apart / (2 * max(1, features))
        together: Rows
        if self.pairs:
            together = alike * (alike - 1) / max(1, self.holes * (self.holes - 1))
        else:
            together = np.exp(-self.fading * (self.holes - alike + apart))
        if features:
            single = 0.5 * single + 0.5 * np.exp(-apart)
        found: Rows = self.additive * single + (1 - self.additive) * together
        return found


class GaussianProcess:
    """Foretells scores with their uncertainty. See http://gaussianprocess.org/gpml."""

    def __init__(self, kernel: Kernel, noise: float, inputs: Inputs, scores: Rows):
        from scipy.linalg import cho_solve

        self._kernel, self._inputs = kernel, inputs
        own = kernel(inputs, inputs)
        self._lower = np.linalg.cholesky(own + noise * np.eye(len(own)))
        self._weights = cho_solve((self._lower, True), scores, check_finite=False)
        self._scale = max(float(scores @ self._weights) / len(scores), 1e-12)
        self.fitted: Rows = own @ self._weights
        """What it makes of the scores it was given."""

    @property
    def likelihood(self) -> float:
        """The logarithm of the marginal likelihood at the best scale, but for a constant."""
        return float(
            -0.5 * len(self.fitted) * np.log(self._scale) - np.log(np.diag(self._lower)).sum()
        )

    def foretell(self, inputs: Inputs) -> tuple[Rows, Rows]:
        """Mean and standard deviation of the score of each."""
        from scipy.linalg import solve_triangular

        cross = self._kernel(inputs, self._inputs)
        known = solve_triangular(self._lower, cross.T, lower=True, check_finite=False)
        variance = self._kernel.diagonal(inputs) - (known**2).sum(0)
        return cross @ self._weights, np.sqrt(np.maximum(variance, 1e-9) * self._scale)


def fitted(
    inputs: Inputs, scores: Rows, kernels: Sequence[Kernel], noises: Sequence[float]
) -> tuple[Kernel, float]:
    """The kernel and the share of noise that make the scores likeliest."""
    return max(
        itertools.product(kernels, noises),
        key=lambda pair: GaussianProcess(pair[0], pair[1], inputs, scores).likelihood,
    )
