"""The strong ceilings over one pool, one for every number of labels."""

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, partial

from scipy.linalg import LinAlgError

from w2slens._core.types import Ridge
from w2slens.experiments.trial.labels import Labels
from w2slens.models.fit import Fitted, fit
from w2slens.models.packed import Normal
from w2slens.models.probe import LinearProbe
from w2slens.models.tuning import choose_gcv
from w2slens.moments import Moments
from w2slens.moments.solve import doubtful
from w2slens.moments.spectrum import EPS64

ENOUGH = 2
"""Rows a column from which on more rows change the best total penalty little."""


class Ceilings:
    """Ceilings on a pool, with its labels or those of the labeled rows.

    The factor of the pool's strong Gram is shared with the students; the label's columns fall into
    as many groups as noise levels. A chosen ridge is that of the larger part, labeled rows or pool,
    at the same total penalty, as if the other had come later: one eigenproblem a pool. Of few rows
    it is that of both together.
    """

    def __init__(self, pool: Moments, labels: Labels, levels: int) -> None:
        self._pool, self._labels, self._levels = pool, labels, levels

    def on_labels(self, ridge: Ridge) -> list[Fitted]:
        """Ceilings that have seen the n labels only: the baselines."""
        return [learnt.baselines[ridge] for learnt in self._labels.learnt.values()]

    def on_pool(self, ridge: Ridge) -> list[Fitted]:
        """Ceilings that know the labels of the pool: one for all n."""
        ridges = self._chosen if ridge == "auto" else [ridge] * self._levels
        only = Fitted.at(ridges, lambda λ: fit(self._pool, self._pool.solver("strong", λ)))
        return [only] * len(self._labels.learnt)

    def on_all(self, ridge: Ridge) -> list[Fitted]:
        """Ceilings on the pool and the n labels."""
        found = []
        for n, whole in self._labels.whole.items():
            chosen = ridge == "auto"
            ridges = self._for(n, whole) if ridge == "auto" else [ridge] * self._levels
            found.append(Fitted.at(ridges, partial(self._union, whole, chosen)))
        return found

    @cached_property
    def _chosen(self) -> list[float]:
        return choose_gcv(self._pool, groups=self._levels)

    def _for(self, n: int, whole: Normal) -> list[float]:
        """Ridges of n + N rows."""
        N = self._pool.count
        if max(n, N) < ENOUGH * self._pool.width("strong"):
            return choose_gcv(self._joined(whole), groups=self._levels)
        more = n > N
        known = self._labels.learnt[n].baselines["auto"].ridges if more else self._chosen
        return [λ * max(n, N) / (n + N) for λ in known]

    def _union(self, whole: Normal, chosen: bool, ridge: float) -> LinearProbe:
        with suppress(LinAlgError):
            if self._definite(ridge, chosen):
                return self._normal.fit_sum(whole, ridge)
        union = self._joined(whole)
        return fit(union, union.solver("strong", ridge))

    def _joined(self, whole: Normal) -> Moments:
        return self._pool.select("strong", "label") + whole.moments()

    def _definite(self, ridge: float, chosen: bool) -> bool:
        """Whether the pool alone is of full rank: by its eigenvalues where a choice needs them."""
        pool = self._pool
        if not chosen:
            return pool.solver("strong", ridge).definite
        precision = EPS64 if ridge else pool.rounding("strong")
        doubt = doubtful(pool.cross("strong", "strong"), pool.raw("strong"), precision)
        return bool(pool.spectrum("strong").all_values[-1] + pool.count * ridge > doubt)

    @cached_property
    def _normal(self) -> Normal:
        return Normal.of(self._pool)


KINDS: dict[str, Callable[[Ceilings, Ridge], list[Fitted]]] = {
    "all": Ceilings.on_all,
    "pool": Ceilings.on_pool,
    "labels": Ceilings.on_labels,
}
"""Rows of the ceiling, by the name that settings give them."""
