"""Coordinates of rows along the graph of their nearest neighbours: Laplacian eigenmaps.

Where classes cluster, rows without labels show the clusters: functions that hardly change between
neighbours are few, and f* is one of them. The coordinates are the smoothest such functions, the
leading eigenvectors of the graph's normalised adjacency, each the larger the smoother it is
(Belkin and Niyogi, 2003). They exist for the rows of the graph alone.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from w2slens._core.types import Array
from w2slens.moments import Moments, product

MOST_ROWS = 10_000
"""Rows of a graph at most: all distances between them are looked at."""

DIRECTIONS = 128
"""Of wider features, distances are measured along so many principal components."""

NEIGHBOURS, COORDINATES = 10, 40

ROUGHNESS = 0.01
"""Added to 1 − μ, μ the eigenvalue of a coordinate, whose variance is 1/(1 − μ + this)."""

DENSE = 400
"""Fewer rows have all their eigenpairs computed."""

PRECISION = 1e-6  # of eigenvalues


def neighbour_coordinates(rows: NDArray[Any]) -> Array:
    """Map (m, p) features of any real type to (m, r) coordinates, r at most 40.

    Features count in units of their standard deviations. Coordinates are determined up to signs
    and, where eigenvalues agree, rotations, which no fit of a rotation-invariant prior sees.
    """
    from scipy import sparse  # these load for half a second, and few need them
    from sklearn.neighbors import kneighbors_graph

    near = kneighbors_graph(_standard(rows), min(NEIGHBOURS, len(rows) - 1), mode="connectivity")
    graph = near.maximum(near.T)
    degrees = np.asarray(graph.sum(axis=1)).ravel()
    scale = sparse.diags_array(degrees**-0.5)
    μ, vectors = _leading(scale @ graph @ scale, np.sqrt(degrees / degrees.sum()))
    # Of unit mean square over the graph, where a row counts by its degree.
    smooth = vectors * (degrees.sum() / degrees)[:, None] ** 0.5
    return np.asarray(smooth / np.sqrt(1 - np.minimum(μ, 1.0) + ROUGHNESS))


def _standard(rows: NDArray[Any]) -> NDArray[np.float32]:
    found = rows.astype(np.float64)
    found -= found.mean(axis=0)
    spread = found.std(axis=0)
    varies = spread > 0
    found = found[:, varies] / spread[varies]
    if found.shape[1] > DIRECTIONS:
        axes = Moments.from_rows(rows=found).spectrum("rows").vectors[:, :DIRECTIONS]
        found = product(found, axes)
    return found.astype(np.float32)


def _leading(adjacency: Any, constant: Array) -> tuple[Array, Array]:
    """(r,) largest eigenvalues, and (m, r) vectors, but for the constant function's, of μ = 1."""
    m = len(constant)
    count = min(COORDINATES, m - 1)
    if m <= DENSE:
        rest = adjacency.toarray() - 2 * np.multiply.outer(constant, constant)
        μ, vectors = linalg.eigh(rest, driver="evd", check_finite=False)
        return μ[-count:], vectors[:, -count:]
    from scipy.sparse.linalg import LinearOperator, eigsh

    rest = LinearOperator(
        (m, m), matvec=lambda x: adjacency @ x - 2 * constant * (constant @ x), dtype=float
    )
    start = np.random.default_rng(0).standard_normal(m)
    μ, vectors = eigsh(rest, count, which="LA", v0=start, tol=PRECISION)
    return np.asarray(μ), np.asarray(vectors)
