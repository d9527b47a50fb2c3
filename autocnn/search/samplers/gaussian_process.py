"""A small Gaussian process over fillings, in closed form but for two numbers."""

from __future__ import annotations

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


class Likeness(NamedTuple):
    """Products of rows and of counts, how far features are apart, and how many there are.

    `kinds` is the width of the counts: 0 where no two holes are of one kind.
    """

    rows: Rows
    counts: Rows
    apart: Rows
    features: int
    kinds: int


def likeness(one: Inputs, other: Inputs) -> Likeness:
    """Between all of one and all of the other, (n, m) each."""
    features = one.features.shape[1]
    squares = (one.features**2).sum(1)[:, None] + (other.features**2).sum(1)
    return Likeness(
        one.rows @ other.rows.T,
        one.counts @ other.counts.T,
        (squares - 2 * one.features @ other.features.T) / (2 * max(1, features)),
        features,
        one.counts.shape[1],
    )


@dataclass(frozen=True)
class Kernel:
    """How alike two fillings are, as a sum of parts of total weight 1 where all are equal.

    A share `additive` is for holes that each have an effect of their own, half of it the same in
    all holes of a kind; the rest is for effects of pairs of holes. With features, half of the
    first share is for them.
    """

    holes: int
    additive: float

    def __call__(self, one: Inputs, other: Inputs) -> Rows:
        """Between all of one and all of the other, (n, m)."""
        return self.of(likeness(one, other))

    def diagonal(self, one: Inputs) -> Rows:
        """Of each with itself, (n,)."""
        same = np.zeros(len(one.rows))
        sizes = one.features.shape[1], one.counts.shape[1]
        return self.of(Likeness(same + self.holes, (one.counts**2).sum(1), same, *sizes))

    def of(self, given: Likeness) -> Rows:
        """The kernel where the likeness is known."""
        alike, counts = given.rows / self.holes, given.counts / self.holes
        single = 0.5 * (alike + counts) if given.kinds else alike
        if given.features:
            single = 0.5 * single + 0.5 * np.exp(-given.apart)
        found: Rows = self.additive * single + (1 - self.additive) * alike**2
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
    """The kernel and the share of noise that make the scores likeliest, at the best scale."""
    given = likeness(inputs, inputs)
    found = [
        (_log_likelihood(own + noise * np.eye(len(own)), scores), kernel, noise)
        for kernel in kernels
        for own in [kernel.of(given)]
        for noise in noises
    ]
    _, kernel, noise = max(found, key=lambda entry: entry[0])
    return kernel, noise


def _log_likelihood(covariance: Rows, scores: Rows) -> float:
    from scipy.linalg import solve_triangular

    lower = np.linalg.cholesky(covariance)
    white = solve_triangular(lower, scores, lower=True, check_finite=False)
    scale = max(float(white @ white) / len(scores), 1e-12)
    return float(-0.5 * len(scores) * np.log(scale) - np.log(np.diag(lower)).sum())
