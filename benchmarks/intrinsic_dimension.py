"""Is the intrinsic dimension of fine-tuning reproducible within 15% over seeds?

d90, DID and SAID, of two pairs of a weak and a strong network, from two disjoint sets of seeds,
each with its own full training. On the digits of scikit-learn: two perceptrons from scratch, by
L-BFGS, the seed drawing the first weights and the subspace; and MobileNetV2 (pre-trained, images at
32 pixels), cut inside its 16th residual block (weak) or whole, by Adam: its last convolution and a
head that starts at zero are tuned, on what the frozen ones before it make of the images; the seed
draws the subspace alone.

    OMP_NUM_THREADS=1 python benchmarks/intrinsic_dimension.py  # results/intrinsic_dimension.json
"""

import copy
import json
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

from w2slens.deep.intrinsic import intrinsic_dimension
from w2slens.deep.subspace_training import SubspaceTraining
from w2slens.features.extractors import load_extractor

SEEDS = {"perceptrons": 16, "mobilenet": 12}
SETS = {"first": 0, "second": 100}  # first seeds
SMALLEST, LARGEST, JOBS = 16, 1024, 2
PERCEPTRONS = {"weak": (64, 16, 10), "strong": (64, 128, 10)}
BLOCKS = {"weak": (16, 960), "strong": (18, 1280)}  # whose expansion is tuned, and its channels
ROWS, STEPS = {"perceptrons": 1000, "mobilenet": 300}, {"perceptrons": 60, "mobilenet": 60}
METHOD, RATE = {"perceptrons": "lbfgs", "mobilenet": "adam"}, 0.015
FULL_RATE = 0.004  # either is the best of 0.002, 0.004, 0.008, 0.015, 0.03, or near it


class Tuned(nn.Module):
    """A pre-trained convolution and a new head; batch norms keep their statistics."""

    def __init__(self, block, channels):
        super().__init__()
        self.block = copy.deepcopy(block)
        self.head = nn.Linear(channels, 10)
        for tensor in self.head.parameters():
            nn.init.zeros_(tensor)

    def train(self, mode=True):
        """Stay in evaluation mode."""
        return super().train(False)

    def forward(self, x):
        """Map the frozen blocks' states to the classes' scores."""
        return self.head(self.block(x).mean(dim=(2, 3)))


def perceptron(side):
    """Images as rows in [−1, 1], and what makes a network by its seed."""
    images, _ = digits()
    widths = PERCEPTRONS[side]

    def factory(seed):
        first, hidden, last = widths
        return nn.Sequential(nn.Linear(first, hidden), nn.ReLU(), nn.Linear(hidden, last))

    return torch.from_numpy(images / 8 - 1).float(), factory


def mobilenet(side):
    """States before the block, and what makes the convolution and its head."""
    images, _ = digits()
    model = load_extractor("mobilenet-v2", {"size": 32, "device": "cpu"})
    number, channels = BLOCKS[side]
    pixels = np.repeat((images * 255 / 16).astype(np.uint8).reshape(-1, 8, 8, 1), 3, axis=3)
    with torch.no_grad():
        states = model.module.features[:number](model.inputs(list(pixels))).clone()
    block = model.module.features[number]
    last = block.conv[0] if side == "weak" else block
    return states, lambda seed: Tuned(last, channels)


@lru_cache
def digits():
    """Images (1797, 64) and classes in one random order."""
    images, classes = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(classes))
    return images[order], torch.from_numpy(classes[order])


def search(pair, side, kind, seeds):
    """Train in full, then search; what the result file says of it."""
    torch.set_num_threads(1)
    begin = time.perf_counter()
    inputs, factory = {"perceptrons": perceptron, "mobilenet": mobilenet}[pair](side)
    classes, rows = digits()[1], ROWS[pair]
    data = (inputs[:rows], classes[:rows]), (inputs[rows:], classes[rows:])
    how = {"method": METHOD[pair], "steps": STEPS[pair], "rate": RATE}
    training = SubspaceTraining(factory, *data, **how, kind=kind)
    own = range(SETS[seeds], SETS[seeds] + SEEDS[pair])
    whole = replace(training, rate=FULL_RATE)
    full = [whole.full(seed) for seed in own]
    found = intrinsic_dimension(training.score, full, LARGEST, smallest=SMALLEST, seeds=own)
    means, spread = found.curve.scores.mean(axis=1), found.curve.scores.std(axis=1, ddof=1)
    return {
        "full": round(float(np.mean(full)), 4),
        "d90": round(found.d90, 1),
        "interval": [round(end, 1) for end in found.interval],
        "curve": {
            str(d): [round(float(mean), 4), round(float(sd), 4)]
            for d, mean, sd in zip(found.curve.dimensions, means, spread, strict=True)
        },
        "seconds": round(time.perf_counter() - begin, 1),
    }


def size(pair, side):
    """D, numbers that are trained in full."""
    factory = {"perceptrons": perceptron, "mobilenet": mobilenet}[pair](side)[1]
    return sum(p.numel() for p in factory(0).parameters())


def main():
    """Search for all of them in two processes, and write the result."""
    cells = list(product(reversed(ROWS), PERCEPTRONS, ("did", "said"), SETS))
    with ProcessPoolExecutor(JOBS) as pool:
        running = {pool.submit(search, *cell): cell for cell in cells}
        for done in as_completed(running):
            print(*running[done], done.result(), flush=True)
    found = {cell: done.result() for done, cell in running.items()}
    networks = {}
    for pair, side, kind in product(ROWS, PERCEPTRONS, ("did", "said")):
        sets = {seeds: found[pair, side, kind, seeds] for seeds in SETS}
        d90 = [one["d90"] for one in sets.values()]
        apart = round(max(d90) / min(d90) - 1, 3)
        networks[f"{pair}, {side}, {kind}"] = {"D": size(pair, side), "apart": apart, **sets}
    result = {
        "rows": ROWS,
        "steps": STEPS,
        "method": METHOD,
        "rates": {"full": FULL_RATE, "subspace": RATE},
        "seeds_a_set": SEEDS,
        "demanded_apart": 0.15,
        "largest_apart": max(network["apart"] for network in networks.values()),
        "seconds": round(sum(one["seconds"] for one in found.values()), 0),
        "networks": networks,
    }
    path = Path(__file__).parent / "results" / "intrinsic_dimension.json"
    path.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
