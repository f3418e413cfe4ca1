"""The ceiling under shift: fits on n rows of one population and N of another.

The second moments of the mixture depend on n/N alone. A grid has nearly as many of these shares as
cells, and each needs eigenvectors of its own; but risks are smooth functions of u = log(N/n),
analytic within π of the real line for any two populations. So they are evaluated at shares of
equal steps in u, at the cells' own sizes, and interpolated by polynomials in u.
"""

from dataclasses import dataclass

import numpy as np

from w2slens._core.types import Array
from w2slens.theory.fits import Fit, Parts
from w2slens.theory.problem import Problem
from w2slens.theory.shrinkage import Sites

STEP, STENCIL = 0.35, 8
"""Steps in u, and nodes that a cell is interpolated from: the error is of the order 1e-6."""


@dataclass(frozen=True, eq=False)
class MixedCeiling:
    """Strong fits on n rows of one population, whose noise counts, and N of another."""

    labeled: Problem
    pool: Problem
    tested: Problem
    ridge: float
    intercept: bool

    def risk(self, rows: Array, pools: Array) -> Parts:
        """Bias and variance of the excess risk, (len(rows), len(pools))."""
        n, N = (side.ravel() for side in np.meshgrid(rows, pools, indexing="ij"))
        shares, which = np.unique(N / (n + N), return_inverse=True)
        nodes = _nodes(np.log(N / n))
        if len(shares) <= len(nodes):
            found = np.empty((2, len(n)))
            for i, share in enumerate(shares):
                cells = which == i
                found[:, cells] = self._at(share, (n + N)[cells])
        else:
            found = self._between(nodes, np.log(N / n), n + N)
        bias, variance = found.reshape(2, len(rows), len(pools))
        return bias, variance

    def _at(self, share: float, sizes: Array) -> Array:
        """Bias and variance at one share, (2, len(sizes))."""
        both = self.labeled.strong.mixed(self.pool.strong, share)
        fit = Fit(both, self.labeled.noise, Sites.of(sizes, self.ridge, self.intercept))
        return np.array(fit.risk(self.tested.strong.along(both)))

    def _between(self, nodes: Array, u: Array, sizes: Array) -> Array:
        """Interpolate from the nodes about each cell, (2, cells)."""
        first = np.searchsorted(nodes, u, side="right") - STENCIL // 2
        places = first[:, None] + np.arange(STENCIL)
        weights = _lagrange(u, nodes[places])
        found = np.zeros((2, len(u)))
        for j, node in enumerate(nodes):
            cells, slots = np.nonzero(places == j)
            if len(cells):
                values = self._at(float(1 / (1 + np.exp(-node))), sizes[cells])
                found[:, cells] += weights[cells, slots] * values
        return found


def _nodes(u: Array) -> Array:
    """Return equal steps from below the least u to above the largest, with room for stencils."""
    steps = int(np.ceil(np.ptp(u) / STEP)) + STENCIL
    return np.asarray(u.min() + STEP * (np.arange(steps + 1) - STENCIL // 2))


def _lagrange(u: Array, nodes: Array) -> Array:
    """(cells, STENCIL) weights of polynomial interpolation at (cells,) u from their own nodes."""
    weights = np.ones_like(nodes)
    for i in range(STENCIL):
        for j in range(STENCIL):
            if i != j:
                weights[:, i] *= (u - nodes[:, j]) / (nodes[:, i] - nodes[:, j])
    return weights
