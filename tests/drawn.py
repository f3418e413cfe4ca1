"""Rows and populations of every kind that laws must hold for, drawn by Hypothesis."""

from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from w2slens import Problem

SEEDS = st.integers(0, 2**32 - 1)
SCALES = st.sampled_from([1e-6, 1e-2, 1.0, 1e3, 1e7])


@st.composite
def features(draw, rows=None, least=2, most=24, columns=8, scale=None):
    """(n, p) rows: wide or tall, of deficient rank, with constant columns, far from 0, scaled."""
    n = draw(st.integers(least, most)) if rows is None else rows
    p = draw(st.integers(1, columns))
    rng = np.random.default_rng(draw(SEEDS))
    x = rng.standard_normal((n, p))
    rank = draw(st.integers(1, p))
    if rank < p and draw(st.booleans()):
        x = x[:, :rank] @ rng.standard_normal((rank, p))
    if p > 1 and draw(st.booleans()):
        x[:, draw(st.integers(0, p - 1))] = 0.0
    x += draw(st.sampled_from([0.0, 1.0, 30.0])) * rng.standard_normal(p)
    return x * (draw(SCALES) if scale is None else scale)


@st.composite
def targets(draw, rows):
    """(n, k) labels of one or two outputs."""
    rng = np.random.default_rng(draw(SEEDS))
    return draw(SCALES) * (rng.standard_normal((rows, draw(st.integers(1, 2)))) + 1)


@st.composite
def cuts(draw, rows):
    """Ends of the parts that so many rows are cut into, some of them empty."""
    inner = draw(st.lists(st.integers(0, rows), max_size=5))
    return [0, *sorted(inner), rows]


def parts(x, ends):
    return [x[a:b] for a, b in pairwise(ends)]


def orthogonal(rng, size):
    return np.linalg.qr(rng.standard_normal((size, size)))[0]


@st.composite
def problems(draw, outputs=2):
    """A population of random second moments, and one of the same in other coordinates' maker."""
    rng = np.random.default_rng(draw(SEEDS))
    p_w, p_s = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    hidden = draw(st.integers(max(p_w, p_s), 9))
    W = rng.standard_normal((p_w, hidden)) * np.geomspace(1, 0.2, hidden)
    S = rng.standard_normal((p_s, hidden)) * np.geomspace(1, 0.2, hidden)
    if draw(st.booleans()):
        S[: min(p_w, p_s)] = W[: min(p_w, p_s)]
    θ = rng.standard_normal((hidden, draw(st.integers(1, outputs))))
    signal = float(np.sum(θ**2)) + draw(st.sampled_from([0.0, 0.5]))
    noise = draw(st.sampled_from([0.0, 0.01, 1.0, 30.0]))
    return Problem(W @ W.T, S @ S.T, S @ W.T, W @ θ, S @ θ, signal, noise)
