"""The strong ceilings over one pool, for every number of labels."""

from functools import partial

from w2slens._core.types import Ridge
from w2slens.experiments.trial.labels import Fitted, Taught
from w2slens.models.fit import fit
from w2slens.models.packed import Normal
from w2slens.models.probe import LinearProbe
from w2slens.models.tuning import choose_folds
from w2slens.moments.moments import Moments
from w2slens.moments.stream import total


class Ceilings:
    """Ceilings on the rows that `kind` names: ``all``, ``pool`` or ``labels``.

    Parameters
    ----------
    folds
        Moments of the pool with blocks ``strong`` and ``label``, in parts.
    pool
        Their sum; its factor of the strong Gram is shared with the students.
    kind
        Rows of the ceiling.
    levels
        Number of noise levels, the groups of the label's columns.
    """

    def __init__(self, folds: list[Moments], pool: Moments, kind: str, levels: int) -> None:
        self._folds, self._pool, self._kind, self._levels = folds, pool, kind, levels
        self._alone: dict[Ridge, Fitted] = {}
        self._normal: Normal | None = None
        self._narrow: list[Moments] | None = None

    def fit(self, known: Taught, ridge: Ridge) -> Fitted:
        """Train the ceiling beside the models of `known`."""
        if self._kind == "labels":
            return known.baselines[ridge]
        if self._kind == "pool":
            if ridge not in self._alone:
                self._alone[ridge] = self._fit_pool(ridge)
            return self._alone[ridge]
        if ridge == "auto":
            return self._choose(self._with_labels(known))
        if known.whole is None:
            raise RuntimeError("labels were learnt without what ceilings need")
        probe = None
        if self._pool.solver("strong", ridge).definite:
            probe = self._own_normal().fit_sum(known.whole, ridge)
        if probe is None:
            probe = fit(self._pool.select("strong", "label") + known.whole.moments(), ridge)
        return Fitted(probe, (ridge,) * self._levels)

    def _fit_pool(self, ridge: Ridge) -> Fitted:
        if ridge == "auto":
            return self._choose(self._own_folds())
        return Fitted(fit(self._pool, ridge), (ridge,) * self._levels)

    def _own_normal(self) -> Normal:
        if self._normal is None:
            self._normal = Normal.of(self._pool)
        return self._normal

    def _own_folds(self) -> list[Moments]:
        if self._narrow is None:
            self._narrow = [part.select("strong", "label") for part in self._folds]
        return self._narrow

    def _with_labels(self, known: Taught) -> list[Moments]:
        """Add the labels to the pool, fold by fold."""
        folds = list(self._own_folds())
        for i, normal in enumerate(known.folds):
            more = normal.moments()
            folds[i:] = [folds[i] + more, *folds[i + 1 :]] if i < len(folds) else [more]
        return folds

    def _choose(self, folds: list[Moments]) -> Fitted:
        """Fit with the ridge that the folds choose, for every noise level by itself."""
        whole = total(folds)
        ridges = choose_folds(folds, whole, groups=self._levels)
        eigen, k = whole.spectrum("strong"), whole.width("label") // self._levels
        probes = []
        for level, λ in enumerate(ridges):
            every = fit(whole, λ, solve=partial(eigen.solve, shift=whole.count * λ))
            some = slice(level * k, (level + 1) * k)
            probes.append(LinearProbe(every.coef[:, some], every.intercept[some]))
        return Fitted(LinearProbe.stack(probes), tuple(ridges))
