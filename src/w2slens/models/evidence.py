"""How likely labels are under each combination of hyperparameters: the evidence of a posterior.

Everything happens along the kernel ``K = RPRᵀ`` of the labeled rows R along the prior's axes: n × n
where the labels are fewer than the axes, else the rows are first rotated to as many as there are
axes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np

from w2slens._core.types import Array
from w2slens.models.kernels import NEGLIGIBLE, NOISES, Factored, Kernel, Reduced, Rows
from w2slens.models.prior import CANDIDATES, Division, Prior, Shape

HEATS = {96: 128, 256: 256, 1024: 2048}
"""Candidates are first compared on so many labels, if there are more than the second number: where
nearly all would be looked at twice, little is saved."""

NEAR, BEHIND = 0.5, 1e-5
"""There noises are looked at down to the first share of their likeliest one's evidence, and
candidates with less than the second share of the best one's evidence are left out."""


class Entry(NamedTuple):
    """A shape and a division that may be true, and the likeliest noise so far, if any."""

    shape: Shape
    division: Division
    likeliest: int | None = None  # place in `NOISES`


@dataclass(frozen=True, eq=False)
class Candidate:
    """A shape and a division, and their kernel."""

    shape: Shape
    division: Division
    kernel: Kernel


class Guess(NamedTuple):
    """One combination that counts: a candidate, one of its noises, and its weight."""

    candidate: Candidate
    noise: float
    quadratic: float
    weight: float


def evaluated(
    data: Rows, prior: Prior, entries: Sequence[Entry], share: float | None = None
) -> Iterator[Candidate]:
    """Yield all candidates with their kernels: reduced where no noise is known before.

    Where one is, noises about it are looked at down to a share of the candidate's own best
    evidence; without a share, while they may count beside the best of this and all before.
    """
    wholes = _kernels(data, prior, entries)
    if entries[0].likeliest is None:
        kernels: Iterable[Kernel] = Reduced.each(data, wholes)
    else:
        kernels = _factored(data, wholes, entries, share)
    for entry, kernel in zip(entries, kernels, strict=True):
        yield Candidate(entry.shape, entry.division, kernel)


def _kernels(data: Rows, prior: Prior, entries: Sequence[Entry]) -> Iterator[Array]:
    """Mix each candidate's kernel (m, m) of the parts of its shape."""
    m = len(data.rows)
    for shape, group in groupby(entries, key=lambda entry: entry.shape):
        parts = np.stack([one.ravel(order="F") for one in prior.kernels(data.rows, shape)])
        for entry in group:
            # One pass over all three; symmetric, so that rows may be taken for columns.
            yield (np.array(entry.division) @ parts).reshape(m, m).T


def _factored(
    data: Rows, wholes: Iterable[Array], entries: Sequence[Entry], share: float | None
) -> Iterator[Factored]:
    best, m = -np.inf, len(data.rows)
    room = np.empty((m, m), order="F")
    for whole, entry in zip(wholes, entries, strict=True):
        kernel = Factored(data, whole, entry.likeliest or 0, room, share or NEGLIGIBLE, best)
        if share is None:
            best = max(best, float(kernel.evidence.logs.max()))
        yield kernel


def survivors(rows: Array, labels: Array, prior: Prior) -> list[Entry]:
    """Leave out the candidates that parts of many labels make all but impossible.

    The likeliest shapes come first.
    """
    entries = [Entry(*each) for each in CANDIDATES]
    for size, enough in HEATS.items():
        if len(rows) <= enough:
            break
        step = -(-len(rows) // size)
        some, known = rows[::step], labels[::step]
        data = Rows.of(some - some.mean(axis=0), known - known.mean(axis=0))
        logs = [one.kernel.evidence.logs for one in evaluated(data, prior, entries, NEAR)]
        tops: dict[Shape, float] = {}
        for entry, each in zip(entries, logs, strict=True):
            tops[entry.shape] = max(tops.get(entry.shape, -np.inf), float(each.max()))
        least = max(tops.values()) + np.log(BEHIND)
        entries = [
            entry._replace(likeliest=int(np.argmax(each)))
            for entry, each in zip(entries, logs, strict=True)
            if each.max() > least
        ]
        entries.sort(key=lambda entry: -tops[entry.shape])
    return entries


def weigh(rows: Array, labels: Array, prior: Prior) -> tuple[Rows, list[Guess], float]:
    """Take centred rows (n, r) along the axes and centred labels (n, k); what counts, and how much.

    The weights of all combinations that count sum to 1. The last is the logarithm of the evidence
    of them all: of two priors, the labels make the one with the larger sum likelier.
    """
    data = Rows.of(rows, labels)
    found: list[Candidate] = []
    best = -np.inf
    for one in evaluated(data, prior, survivors(rows, labels, prior)):
        top = float(one.kernel.evidence.logs.max())
        best = max(best, top)
        if top > best + np.log(NEGLIGIBLE):
            found.append(one)
    shares = [np.exp(one.kernel.evidence.logs - best) for one in found]
    whole = sum(float(each[each > NEGLIGIBLE].sum()) for each in shares)
    guesses = []
    for one, each in zip(found, shares, strict=True):
        places = np.flatnonzero(each > NEGLIGIBLE)
        quadratics = one.kernel.evidence.quadratics
        guesses += [
            Guess(one, float(NOISES[i]), float(quadratics[i]), float(each[i]) / whole)
            for i in places
        ]
    return data, guesses, best + float(np.log(whole))
