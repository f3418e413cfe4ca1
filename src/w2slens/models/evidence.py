"""How likely labels are under each combination of hyperparameters: the evidence of a posterior.

Everything happens along the eigenvectors of the kernel ``K = RPRᵀ`` of the labeled rows R along the
prior's axes: n × n where the labels are fewer than the axes, else the rows are first rotated to as
many as there are axes. One eigenproblem serves all shares of the signal.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import linalg

from w2slens._core.types import Array
from w2slens.models.prior import CANDIDATES, Division, Prior, Shape

SIGNALS = (0.02, 0.05, 0.1, 0.18, 0.27, 0.36, 0.45, 0.55, 0.65, 0.75, 0.85, 0.93)
"""Shares of the variance of the labels that f* explains."""

NOISES = np.array([(1 - share) / share for share in SIGNALS])
"""g, noise over the variance of f*."""

EXPLAINED = 1e-12  # share of the labels' variance below which what f* leaves of it is rounding
NEGLIGIBLE = 1e-3  # combinations with a smaller share of the best one's evidence are left out
HEATS = 256  # with more labels, candidates are first compared on so many of them,
BEHIND = 1e-7  # and those with a smaller share of the best one's evidence are left out


class Rows(NamedTuple):
    """Labeled rows along the axes, and their labels, both centred; rotated where n > r."""

    rows: Array  # R, (m, r)
    labels: Array  # (m, k)
    rotation: Array | None  # (n, m) orthonormal columns: the rows are ``rotation · R``
    n: int
    unseen: float  # squares of the labels outside the rotation

    @classmethod
    def of(cls, rows: Array, labels: Array) -> "Rows":
        """Take centred rows (n, r) along the axes, and centred labels."""
        n, r = rows.shape
        if n <= r:
            return cls(rows, labels, None, n, 0.0)
        Q, R = linalg.qr(rows, mode="economic", check_finite=False)
        seen = Q.T @ labels
        return cls(R, seen, Q, n, max(float(np.sum(labels**2) - np.sum(seen**2)), 0.0))


@dataclass(frozen=True, eq=False)
class Candidate:
    """A shape and a division: the eigenpairs of its kernel, and all noises with their evidence."""

    shape: Shape
    division: Division
    values: Array  # v, (m,)
    vectors: Array  # U, (m, m)
    seen: Array  # (m, k) labels along U
    quadratics: Array  # (noises,) what the labels leave unexplained, over g: its ratio to χ² is η
    logs: Array  # (noises,) evidence

    @classmethod
    def of(
        cls, data: Rows, shape: Shape, division: Division, kernels: Sequence[Array]
    ) -> "Candidate":
        """Take the Gram matrices of a shape's parts."""
        kernel = sum(share * part for share, part in zip(division, kernels, strict=True))
        values, U = linalg.eigh(kernel, driver="evd", check_finite=False, overwrite_a=True)
        values, seen = np.maximum(values, 0.0), U.T @ data.labels
        k, squares, g = seen.shape[1], np.sum(seen**2, axis=1), NOISES[:, None]
        total = float(squares.sum()) + data.unseen
        left = np.sum(squares / (values + g), axis=1) + data.unseen / NOISES
        quadratics = np.maximum(left, EXPLAINED * total / NOISES)
        free = data.n - 1
        volumes = np.sum(np.log1p(values / g), axis=1) + free * np.log(NOISES)
        logs = -0.5 * k * volumes - 0.5 * free * k * np.log(quadratics)
        return cls(shape, division, values, U, seen, quadratics, logs)


class Guess(NamedTuple):
    """One combination that counts: a candidate, one of its noises, and its weight."""

    candidate: Candidate
    noise: float
    quadratic: float
    weight: float


def survivors(rows: Array, labels: Array, prior: Prior) -> Sequence[tuple[Shape, Division]]:
    """Leave out the candidates that a part of many labels makes all but impossible."""
    step = -(-len(rows) // HEATS)
    if step == 1:
        return CANDIDATES
    some, known = rows[::step], labels[::step]
    data = Rows.of(some - some.mean(axis=0), known - known.mean(axis=0))
    logs = np.array([one.logs.max() for one in evaluated(data, prior, CANDIDATES)])
    kept = logs > logs.max() + np.log(BEHIND)
    return [one for one, stays in zip(CANDIDATES, kept, strict=True) if stays]


def evaluated(
    data: Rows, prior: Prior, candidates: Sequence[tuple[Shape, Division]]
) -> Iterator[Candidate]:
    """Yield all candidates with their evidence."""
    kernels: dict[Shape, tuple[Array, Array, Array]] = {}
    for shape, division in candidates:
        if shape not in kernels:
            kernels = {shape: prior.kernels(data.rows, shape)}
        yield Candidate.of(data, shape, division, kernels[shape])


def weigh(rows: Array, labels: Array, prior: Prior) -> tuple[Rows, list[Guess]]:
    """Take centred rows (n, r) along the axes and centred labels (n, k); what counts, and how much.

    The weights of all combinations that count sum to 1.
    """
    candidates = survivors(rows, labels, prior)
    data = Rows.of(rows, labels)
    found = list(evaluated(data, prior, candidates))
    best = max(float(one.logs.max()) for one in found)
    shares = [np.exp(one.logs - best) for one in found]
    whole = sum(float(each[each > NEGLIGIBLE].sum()) for each in shares)
    guesses = [
        Guess(one, float(NOISES[i]), float(one.quadratics[i]), float(each[i]) / whole)
        for one, each in zip(found, shares, strict=True)
        for i in np.flatnonzero(each > NEGLIGIBLE)
    ]
    return data, guesses
