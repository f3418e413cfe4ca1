"""What n labels and both feature maps say of f*: a Gaussian process with unknown hyperparameters.

``y − ȳ = zᵀβ + ε`` with β of a `Prior` times a scale, and noise of g times the scale. All shapes,
divisions and shares of the signal count by their evidence, the scale integrated out.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from scipy import linalg

from w2slens._core.types import Array
from w2slens.models.distil import HeldOut
from w2slens.models.evidence import Candidate, Guess, weigh
from w2slens.models.labeled import LabeledBlock
from w2slens.models.prior import Division, Prior, Shape
from w2slens.moments.products import product

CHUNK = 20_000_000  # numbers drawn at a time at most, so that memory stays bounded
WIDER = 2  # times more axes than columns that are asked about: these then go through every guess


class Posterior:
    """Posterior of f* and of the noise, from labeled rows and the prior of their pool."""

    def __init__(self, block: LabeledBlock, prior: Prior) -> None:
        self.prior, self._block = prior, block
        labels = block.targets - block.targets.mean(axis=0)
        rows = prior.along(block.weak.rows, block.strong.rows)
        self._data, self._guesses, self.evidence = weigh(rows, labels, prior)

    @cached_property
    def coef(self) -> Array:
        """(r, k) posterior mean of β along the axes."""
        whole = np.zeros((self._data.rows.shape[1], self._data.labels.shape[1]))
        for candidate, some in self._by_candidate():
            dual = sum(one.weight * self._explained[one.candidate, one.noise] for one in some)
            whole += product(self._back[candidate], np.asarray(dual))
        return whole

    @cached_property
    def _explained(self) -> dict[tuple[Candidate, float], Array]:
        """(m, k) ``(K + g)⁻¹y`` of each combination."""
        each = [(one.candidate, one.noise) for one in self._guesses]
        return {(candidate, noise): candidate.kernel.dual(noise) for candidate, noise in each}

    @property
    def held_out(self) -> HeldOut:
        """Posterior mean of f*, and what it would be without each label.

        The hyperparameters and their weights are held fixed.
        """
        block, level = self._block, self._block.targets.mean(axis=0)
        centre = np.concatenate([block.weak.mean, block.strong.mean])
        coef = product(self.prior.axes, self.coef)
        n = len(block.targets)
        fitted = self._data.rotated(product(self._data.rows, self.coef))
        own = self.residuals - (block.targets - level - fitted)
        return HeldOut(
            level, centre, coef, n, self.residuals.__getitem__, own.__getitem__, self._changes
        )

    @cached_property
    def residuals(self) -> Array:
        """(n, k) exact leave-one-out residuals of the posterior mean."""
        whole = np.zeros_like(self._block.targets)
        for one in self._guesses:
            whole += one.weight * self._left_out[one.candidate, one.noise]
        return whole

    @property
    def combinations(self) -> list[tuple[Shape, Division, float, float]]:
        """Shape, division, noise g and weight of every combination that counts."""
        return [(o.candidate.shape, o.candidate.division, o.noise, o.weight) for o in self._guesses]

    @property
    def shares(self) -> dict[str, float]:
        """What the labels say of the prior: mean shares of the energy, and of the signal."""
        parts = np.array([one.candidate.division for one in self._guesses])
        weights = np.array([one.weight for one in self._guesses])
        signal = float(sum(one.weight / (1 + one.noise) for one in self._guesses))
        return {
            **dict(zip(Division._fields, (weights @ parts).tolist(), strict=True)),
            "signal": signal,
        }

    def _changes(self, maps: Array, some: slice) -> Iterator[tuple[Array, Array]]:
        """How coefficients change without a label, as `HeldOut` has it."""
        along = product(self.prior.axes.T, maps)
        outputs = self._data.labels.shape[1]
        several = outputs > len(self._guesses) or outputs * self._data.n * len(along) > CHUNK
        if several or len(along) > WIDER * along.shape[1]:
            yield from self._changes_by_guess(along, some)
            return
        for output, changes in zip(np.eye(outputs), self._whole_changes, strict=True):
            steps = product(changes[some], along)
            yield np.broadcast_to(output, (len(steps), outputs)), steps

    @cached_property
    def _whole_changes(self) -> list[Array]:
        """(n, r) of each output: how coefficients along the axes change, over all guesses."""
        size = self._data.n, self._data.rows.shape[1]
        found = [np.zeros(size) for _ in range(self._data.labels.shape[1])]
        for candidate, guesses in self._by_candidate():
            kernel = candidate.kernel
            prepared = kernel.prepare(self._back[candidate].T)
            for one in guesses:
                steps = self._data.rotated(kernel.finish(one.noise, prepared))
                errors = one.weight * self._left_out[candidate, one.noise]
                for each, error in zip(found, errors.T, strict=True):
                    each += error[:, None] * steps
        return found

    def _changes_by_guess(self, along: Array, some: slice) -> Iterator[tuple[Array, Array]]:
        """Change the columns (r, q) that are asked about, where there are few or many outputs."""
        errors = self._left_out
        for candidate, guesses in self._by_candidate():
            kernel = candidate.kernel
            moved = kernel.prepare(product(self._data.rows, self._covariance(candidate, along)))
            for one in guesses:
                steps = self._data.rotated(kernel.finish(one.noise, moved))
                yield one.weight * errors[candidate, one.noise][some], steps[some]

    @cached_property
    def _left_out(self) -> dict[tuple[Candidate, float], Array]:
        """(n, k) leave-one-out residuals of each combination: ``[My]ᵢ / Mᵢᵢ``."""
        data, n = self._data, self._data.n
        labels = self._block.targets - self._block.targets.mean(axis=0)
        inside = np.ones(n) if data.rotation is None else np.sum(data.rotation**2, axis=1)
        found = {}
        for (candidate, g), dual in self._explained.items():
            missed = labels - data.rotated(data.labels - g * dual)
            leverage = inside - g * candidate.kernel.diagonal(g)
            found[candidate, g] = missed / (1 - 1 / n - leverage)[:, None]
        return found

    def _by_candidate(self) -> Iterator[tuple[Candidate, list[Guess]]]:
        together: dict[int, list[Guess]] = {}
        for one in self._guesses:
            together.setdefault(id(one.candidate), []).append(one)
        for some in together.values():
            yield some[0].candidate, some

    @cached_property
    def _back(self) -> dict[Candidate, Array]:
        """(r, m) ``PRᵀ`` of each candidate: from the rows' duals to coefficients."""
        return {one: self._covariance(one, self._data.rows.T) for one, _ in self._by_candidate()}

    def _covariance(self, candidate: Candidate, right: Array) -> Array:
        return self.prior.covariance(candidate.shape, candidate.division, right)

    def moments(self) -> tuple[Array, float]:
        """``E[ββᵀ]`` along the axes, summed over outputs, (r, r), and the mean noise."""
        r, k = self._data.rows.shape[1], self._data.labels.shape[1]
        second, noise = np.zeros((r, r)), 0.0
        for candidate, some in self._by_candidate():
            kernel = candidate.kernel
            back = self._back[candidate]
            prepared = kernel.prepare(back.T)
            for one in some:
                scale = one.quadratic / max(self._free - 2, 1)  # the mean of quadratic/χ²
                mean = back @ self._explained[candidate, one.noise]
                told = product(back, kernel.finish(one.noise, prepared))
                second += one.weight * (mean @ mean.T - k * scale * told)
                noise += one.weight * scale * one.noise * k
            scales = sum(one.weight * one.quadratic for one in some) / max(self._free - 2, 1)
            second += k * scales * self._covariance(candidate, np.eye(r))
        return second, float(noise)

    @cached_property
    def spread(self) -> Array:
        """(r, r) root of the posterior covariance of β along the axes, summed over outputs."""
        second, _ = self.moments()
        values, vectors = linalg.eigh(second - self.coef @ self.coef.T, driver="evd")
        return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))

    @property
    def _free(self) -> int:
        return int((self._data.n - 1) * self._data.labels.shape[1])

    def draw(self, count: int, rng: np.random.Generator) -> Iterator[tuple[Array, Array]]:
        """Yield (draws, r, k) coefficients along the axes and (draws,) noise; `count` in all.

        The coefficients are float32, whose rounding is far below the error of so many draws.

        A draw of the posterior is one of the prior, corrected by the labels as it would explain
        them (Matheron's rule): it moves with the data alone, whatever the eigenvectors are called
        that rounding may turn.
        """
        shares = rng.multinomial(count, [one.weight for one in self._guesses])
        largest = max(CHUNK // (self._data.rows.shape[1] * self._data.labels.shape[1]), 1)
        pieces = [
            (one, min(largest, share - start))
            for one, share in zip(self._guesses, shares.tolist(), strict=True)
            for start in range(0, share, largest)
        ]
        while pieces:  # as many together as a chunk holds
            ends = np.cumsum([draws for _, draws in pieces])
            some = max(int(np.searchsorted(ends, largest, side="right")), 1)
            drawn = [self._drawn(one, draws, rng) for one, draws in pieces[:some]]
            coefs, noises = zip(*drawn, strict=True)
            yield np.concatenate(coefs, axis=1).transpose(1, 0, 2), np.concatenate(noises)
            del pieces[:some]

    def _drawn(self, one: Guess, draws: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """(r, draws, k) coefficients of one combination, in float32, and (draws,) noise."""
        (m, r), k = self._data.rows.shape, self._data.labels.shape[1]
        rows, labels = self._data.rows.astype(np.float32), self._data.labels.astype(np.float32)
        candidate = one.candidate
        scale = one.quadratic / rng.chisquare(self._free, draws)
        ahead = self.prior.draw(candidate.shape, candidate.division, draws * k, rng)
        explained = product(rows, ahead)
        noise = rng.standard_normal((m, draws * k)).astype(np.float32)
        explained += np.float32(one.noise**0.5) * noise
        spread = np.sqrt(np.repeat(scale, k), dtype=np.float32)
        wanted = np.tile(labels, draws) - spread * explained
        dual = candidate.kernel.finish(one.noise, candidate.kernel.prepare(wanted))
        found = spread * ahead + product(self._back[candidate].astype(np.float32), dual)
        return found.reshape(r, draws, k), scale * one.noise * k
