"""The strong ceilings over one pool, one for every number of labels."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property, partial

from scipy.linalg import LinAlgError

from w2slens._core.types import Ridge
from w2slens.experiments.trial.labels import Labels
from w2slens.models.fit import Fitted, fit
from w2slens.models.packed import Normal
from w2slens.models.probe import LinearProbe
from w2slens.models.tuning import choose_folds
from w2slens.moments import Moments, total


class Ceilings:
    """Ceilings on a pool, with its labels or those of the labeled rows.

    `folds` are moments of the pool in parts, `pool` their sum, whose factor of the strong Gram is
    shared with the students; the label's columns fall into as many groups as noise levels.
    """

    def __init__(
        self, folds: Sequence[Moments], pool: Moments, labels: Labels, levels: int
    ) -> None:
        self._parts, self._pool, self._labels, self._levels = folds, pool, labels, levels

    def on_labels(self, ridge: Ridge) -> list[Fitted]:
        """Ceilings that have seen the n labels only: the baselines."""
        return [learnt.baselines[ridge] for learnt in self._labels.learnt.values()]

    def on_pool(self, ridge: Ridge) -> list[Fitted]:
        """Ceilings that know the labels of the pool: one for all n."""
        if ridge == "auto":
            only = self._choose(self._folds)
        else:
            only = self._given(fit(self._pool, self._pool.solver("strong", ridge)), ridge)
        return [only] * len(self._labels.learnt)

    def on_all(self, ridge: Ridge) -> list[Fitted]:
        """Ceilings on the pool and the n labels."""
        if ridge == "auto":
            return [self._choose(self._with(some)) for some in self._labels.folds.values()]
        return [
            self._given(self._union(whole, ridge), ridge) for whole in self._labels.whole.values()
        ]

    def _given(self, probe: LinearProbe, ridge: float) -> Fitted:
        return Fitted(probe, (ridge,) * self._levels)

    def _union(self, whole: Normal, ridge: float) -> LinearProbe:
        with suppress(LinAlgError):
            if self._pool.solver("strong", ridge).definite:
                return self._normal.fit_sum(whole, ridge)
        union = self._pool.select("strong", "label") + whole.moments()
        return fit(union, union.solver("strong", ridge))

    @cached_property
    def _normal(self) -> Normal:
        return Normal.of(self._pool)

    @cached_property
    def _folds(self) -> list[Moments]:
        return [part.select("strong", "label") for part in self._parts]

    def _with(self, labels: Sequence[Normal]) -> list[Moments]:
        """Add the labels to the pool, fold by fold."""
        folds = list(self._folds)
        for i, normal in enumerate(labels):
            more = normal.moments()
            folds[i:] = [folds[i] + more, *folds[i + 1 :]] if i < len(folds) else [more]
        return folds

    def _choose(self, folds: Sequence[Moments]) -> Fitted:
        """Fit with the ridge that the folds choose, for every noise level by itself."""
        whole = total(folds)
        ridges = choose_folds(folds, whole, groups=self._levels)
        eigen, k = whole.spectrum("strong"), whole.width("label") // self._levels
        probes = []
        for level, λ in enumerate(ridges):
            every = fit(whole, partial(eigen.solve, shift=whole.count * λ))
            some = slice(level * k, (level + 1) * k)
            probes.append(LinearProbe(every.coef[:, some], every.intercept[some]))
        return Fitted.stack(probes, ridges)


KINDS: dict[str, Callable[[Ceilings, Ridge], list[Fitted]]] = {
    "all": Ceilings.on_all,
    "pool": Ceilings.on_pool,
    "labels": Ceilings.on_labels,
}
"""Rows of the ceiling, by the name that settings give them."""
