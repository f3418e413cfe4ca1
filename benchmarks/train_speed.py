"""What does `train` cost beside the Gram products that it cannot avoid?

Features 100,000 × (512, 768) float32 in memory, 500 labels. The rival is the lower triangle of the
Gram matrix of both sides together, float64 chunks through the same BLAS, conversion counted, and
nothing else. CPU seconds on one thread, interleaved rounds, least of each. The posterior's own part
is timed at more labels: everything from labeled rows and the pool's spectra to the mean of f*.

    OPENBLAS_NUM_THREADS=1 python benchmarks/train_speed.py   # writes results/train_speed.json
"""

import json
import time
from pathlib import Path

import numpy as np
from bare import bare_gram

from w2slens import train
from w2slens.models.labeled import LabeledBlock
from w2slens.models.posterior import Posterior
from w2slens.models.prior import Prior
from w2slens.moments import Moments

ROWS, WEAK, STRONG, LABELS, ROUNDS = 100_000, 512, 768, 500, 3
MORE_LABELS = (500, 1000, 2000, 5000, 20_000)


def features(latent, width, seed):
    """Mix latent coordinates of falling importance, and add noise."""
    rng = np.random.default_rng(seed)
    mixing = rng.standard_normal((latent.shape[1], width), dtype=np.float32)
    mixing *= np.linspace(1, 0.05, latent.shape[1], dtype=np.float32)[:, None]
    noise = rng.standard_normal((len(latent), width), dtype=np.float32)
    return latent @ mixing + np.float32(0.3) * noise


def bare(weak, strong):
    """CPU seconds of the bare Gram matrix."""
    begin = time.process_time()
    bare_gram(weak, strong)
    return time.process_time() - begin


def ours(weak, strong, y):
    """CPU seconds of `train`."""
    begin = time.process_time()
    train(weak, strong, y)
    return time.process_time() - begin


def posterior(pool, weak, strong, y):
    """CPU seconds of the posterior and its mean."""
    block = LabeledBlock.from_rows(weak, strong, y)
    begin = time.process_time()
    Posterior(block, Prior.of(pool, len(y))).coef  # noqa: B018 - asked for its cost
    return time.process_time() - begin


def main():
    """Time both in turns, and write the result."""
    rng = np.random.default_rng(0)
    latent = rng.standard_normal((ROWS, 300), dtype=np.float32)
    weak, strong = features(latent, WEAK, 1), features(latent, STRONG, 2)
    y = latent[:, :5].sum(axis=1) + rng.standard_normal(ROWS)
    rounds = [(bare(weak, strong), ours(weak, strong, y[:LABELS])) for _ in range(ROUNDS)]
    rival, whole = (min(each) for each in zip(*rounds, strict=True))
    most = MORE_LABELS[-1]
    pool = Moments.from_rows(weak=weak[most:], strong=strong[most:])
    for side in ("weak", "strong"):
        pool.spectrum(side)
    own = {n: posterior(pool, weak[:n], strong[:n], y[:n, None]) for n in MORE_LABELS}
    result = {
        "rows": ROWS,
        "coordinates": [WEAK, STRONG],
        "labels": LABELS,
        "bare_seconds": round(rival, 2),
        "train_seconds": round(whole, 2),
        "ratio": round(whole / rival, 2),
        "posterior_seconds": {str(n): round(seconds, 2) for n, seconds in own.items()},
    }
    path = Path(__file__).parent / "results" / "train_speed.json"
    path.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
