"""The matrix products that nothing which knows both sides avoids: the rival of several timings."""

import numpy as np
from scipy.linalg.blas import dsyrk

CHUNK = 4096


def bare_gram(weak, strong):
    """Lower triangle of the Gram matrix of both sides, float64 chunks, conversion included."""
    p = weak.shape[1] + strong.shape[1]
    gram = np.zeros((p, p), order="F")
    for start in range(0, len(weak), CHUNK):
        some = slice(start, start + CHUNK)
        rows = np.concatenate([weak[some], strong[some]], axis=1, dtype=np.float64)
        gram = dsyrk(1.0, rows.T, beta=1.0, c=gram, lower=1, overwrite_c=1)
    return gram
