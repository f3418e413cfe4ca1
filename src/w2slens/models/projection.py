"""The student's step along the eigenvectors of its pool, and its exact leave-one-out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.types import Array
from w2slens.models.centred import EVERY
from w2slens.models.design import Design
from w2slens.models.distil import HeldOut, centre_of
from w2slens.models.probe import LinearProbe
from w2slens.moments import Moments, Spectrum
from w2slens.moments.accumulate import PANEL_ROWS
from w2slens.moments.products import product

LARGEST = 1e30
"""What an eigenvector is multiplied by at most, so that a direction of next to no variance does not
leave the range of float32."""

COMPARED = 50
"""Labeled rows of which one is compared, to know rows again that were met before."""


@dataclass(frozen=True, eq=False)
class Projection:
    """The student's step along the eigenvectors V of a pool's Σ_ss, where it is a division.

    What needs neither labels nor a student's ridge is made once for all students of the pool.
    """

    pool: Moments
    blocks: tuple[str, ...]
    _shared: dict[tuple[str, type], tuple[NDArray[Any], Array]] = field(
        default_factory=dict, init=False, repr=False
    )
    _maps: dict[type, tuple[Array, Array]] = field(default_factory=dict, init=False, repr=False)

    _inverses: dict[tuple[tuple[float, ...], type], Array] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def eigen(self) -> Spectrum:
        """Eigenpairs of Σ_ss."""
        return self.pool.spectrum("strong")

    @cached_property
    def to_blocks(self) -> Array:
        """(r, p) ``VᵀΣ_sz``."""
        cross = np.hstack([self.pool.cross("strong", name) for name in self.blocks])
        return product(self.eigen.all_vectors.T, cross)

    def _mapped(self, digits: type) -> tuple[Array, Array]:
        """V and ``Σ_zsV`` over a size of eigenvalues, in digits of a type."""
        if digits not in self._maps:
            V: Array = np.ascontiguousarray(self.eigen.all_vectors, dtype=digits)
            self._maps[digits] = (
                V,
                np.ascontiguousarray(self.to_blocks.T / self._unit, dtype=digits),
            )
        return self._maps[digits]

    def _offset(self, strong: Design, digits: type) -> Array:
        """(n, p_s) ``φ_s(x_i) − φ̄_s^u`` of labeled rows."""
        centre = self.pool.centre("strong")
        return self._once("offset", strong.source, digits, lambda rows: rows - centre)

    def along(self, strong: Design, some: slice, digits: type = np.float64) -> Array:
        """(m, r) ``(φ_s(x_i) − φ̄_s^u)ᵀV`` of some labeled rows."""
        (V, _), centre = self._mapped(digits), self.pool.centre("strong")

        def rotated(rows: NDArray[Any]) -> Array:
            return product((rows - centre).astype(digits, copy=False), V)

        return self._once("along", strong.source[some], digits, rotated)

    def _once(
        self, what: str, rows: NDArray[Any], digits: type, found: Callable[[NDArray[Any]], Array]
    ) -> Array:
        """Find something of rows, or recall it: rows that begin others share what is found."""
        if (what, digits) in self._shared:
            known, before = self._shared[what, digits]
            few = rows[::COMPARED]
            if len(rows) <= len(known) and np.array_equal(few, known[: len(rows) : COMPARED]):
                return before[: len(rows)]
        self._shared[what, digits] = rows, found(rows).astype(digits, copy=False)
        return self._shared[what, digits][1]

    def inverse(self, ridges: Sequence[float]) -> Array:
        """(len(ridges), r) what a student's fit multiplies each eigenvector by, at some ridges."""
        eigen, found = self.eigen, np.zeros((len(ridges), len(self.to_blocks)))
        for row, ridge in zip(found, ridges, strict=True):
            used = eigen.used(ridge)
            row[used] = 1 / (eigen.all_values[used] + self.pool.count * ridge)
        return found

    def distil(self, scores: LinearProbe, ridges: Sequence[float]) -> LinearProbe:
        """Do what the function of this name does, at a ridge for every output."""
        inner = product(self.to_blocks, scores.coef) * self.inverse(ridges).T
        level = scores.predict(centre_of(self.pool, self.blocks))
        coef = product(self.eigen.all_vectors, inner)
        return LinearProbe.centred(coef, self.pool.centre("strong"), level)

    def _weights(self, ridges: Sequence[float], digits: type) -> Array:
        """(len(ridges), r) `inverse` times a size of eigenvalues."""
        key = tuple(ridges), digits
        if key not in self._inverses:
            found = np.minimum(self.inverse(ridges) * self._unit, LARGEST)
            self._inverses[key] = found.astype(digits, copy=False)
        return self._inverses[key]

    def said(
        self, held: HeldOut, strong: Design, ridges: Sequence[float], digits: type = np.float64
    ) -> Iterator[tuple[slice, Array]]:
        """Go through all labeled rows: scores by students of all labels, (len(ridges), m, k)."""
        V, _ = self._mapped(digits)
        coef, level = product(V, self._inner(held, ridges, digits)), self._level(held)
        rows = self._offset(strong, digits)
        for start in range(0, len(rows), PANEL_ROWS):
            some = slice(start, start + PANEL_ROWS)
            yield some, _by_ridge(product(rows[some], coef), len(ridges)) + level

    def _inner(self, held: HeldOut, ridges: Sequence[float], digits: type) -> Array:
        """(r, len(ridges) · k) coefficients of the students along V."""
        weights = self._weights(ridges, digits)
        pulled: Array = product(self.to_blocks, held.coef) / self._unit
        inner = weights.T[:, :, None] * pulled.astype(digits, copy=False)[:, None, :]
        return np.asarray(inner.reshape(len(pulled), -1))

    def _level(self, held: HeldOut) -> Array:
        """(k,) what students of all labels say at the pool's mean strong features."""
        return np.asarray(held.level + self._shift(held) @ held.coef)

    def left_out(
        self,
        held: HeldOut,
        strong: Design,
        ridges: Sequence[float],
        some: slice = EVERY,
        digits: type = np.float64,
    ) -> Array:
        """Exact leave-one-out predictions of students of such scores, at several student ridges.

        Parameters
        ----------
        held
            The scores, linear in the coordinates of the blocks.
        strong
            The student's features of the labeled rows.
        ridges
            Values of λ_s.
        some
            Rows to be left out, one by one.
        digits
            float32 is twice as fast, and enough for a choice between ridges.

        Returns
        -------
        (len(ridges), m, k) scores of row i by the student that never saw label i.
        """
        said = self.scores(held, strong, ridges, some, digits)
        return np.asarray(said - self.moved(held, strong, ridges, some, digits))

    def scores(
        self,
        held: HeldOut,
        strong: Design,
        ridges: Sequence[float],
        some: slice = EVERY,
        digits: type = np.float64,
    ) -> Array:
        """Return what students of all labels say of some rows; as of `left_out`."""
        found = product(self.along(strong, some, digits), self._inner(held, ridges, digits))
        return np.asarray(_by_ridge(found, len(ridges)) + self._level(held))

    def moved(
        self,
        held: HeldOut,
        strong: Design,
        ridges: Sequence[float],
        some: slice = EVERY,
        digits: type = np.float64,
    ) -> Array:
        """Return what the own label of some rows adds to their scores; as of `left_out`."""
        scores, weights = self.along(strong, some, digits), self._weights(ridges, digits)
        found = np.repeat(held.errors(some)[None] / held.n, len(ridges), axis=0)
        shift, r = self._shift(held), len(self.to_blocks)
        maps: NDArray[Any] = np.empty((len(shift), r + 1), dtype=digits)
        maps[:, :-1], maps[:, -1] = self._mapped(digits)[1], shift
        for errors, moved in held.changes(maps, some):
            rest = moved[:, :-1]
            rest *= scores
            along = product(rest, weights.T) + moved[:, -1:]  # (m, ridges)
            found += along.T[:, :, None] * errors
        return found

    @property
    def _unit(self) -> float:
        """A size of eigenvalues: divided by it, nothing leaves the range of float32."""
        return float(self.eigen.all_values.mean()) or 1.0

    def _shift(self, held: HeldOut) -> Array:
        """(p,) ``z̄_u − z̄_ℓ``: what needs no student ridge is level⁻ⁱ + (z̄_u − z̄_ℓ)ᵀθ⁻ⁱ."""
        return np.asarray(centre_of(self.pool, self.blocks) - held.centre)


def _by_ridge(scores: Array, ridges: int) -> Array:
    """Turn (m, ridges · k) to (ridges, m, k)."""
    return scores.reshape(len(scores), ridges, -1).transpose(1, 0, 2)
