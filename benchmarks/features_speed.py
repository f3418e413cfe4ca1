"""How many images a second does `extract` map, against the bare forward loop of the network?

Both run the same network on the same batches in one process, turn by turn. The rival holds the
images as scaled, normalised tensors before its clock starts; ours scales, normalises,
checks and writes a store. The ratio that is wanted is 0.85. Both keep freed memory between batches,
as `extract` does: without that the rival is slower too.

    python benchmarks/features_speed.py     # about 3 minutes; writes results/features_speed.json
"""

import json
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch

from w2slens.features.corpora import idx_images
from w2slens.features.extract import extract
from w2slens.features.extractors import load_extractor
from w2slens.features.memory import kept_memory

IMAGES = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"
COUNT, SIZE, BATCH, ROUNDS = 4096, 64, 64, 5
MODELS = ("efficientnet-lite0", "mobilenet-v2")


def bare(extractor, batches):
    """Seconds of the network's forward passes alone."""
    begin = time.perf_counter()
    with kept_memory(), torch.inference_mode():
        for batch in batches:
            extractor.network(batch)
    return time.perf_counter() - begin


def ours(extractor, corpus):
    """Seconds from the corpus to the finished store."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        extract(corpus, extractor, Path(folder) / "store", batch=BATCH)
        return time.perf_counter() - begin


def measure(name):
    """Images a second of both, round by round, and the median of the ratios."""
    corpus = idx_images(IMAGES).take(np.arange(COUNT))
    extractor = load_extractor(name, {"size": SIZE, "device": "cpu"})
    examples = [corpus.load(i) for i in range(COUNT)]
    batches = [
        (extractor.scaled(examples[i : i + BATCH]) - extractor._mean) / extractor._std
        for i in range(0, COUNT, BATCH)
    ]
    bare(extractor, batches[:4])
    rounds = [(ours(extractor, corpus), bare(extractor, batches)) for _ in range(ROUNDS)]
    return {
        "images_per_second": COUNT / median(mine for mine, _ in rounds),
        "bare_images_per_second": COUNT / median(theirs for _, theirs in rounds),
        "ratio": median(theirs / mine for mine, theirs in rounds),
    }


def main():
    found = {
        "images": COUNT,
        "size": SIZE,
        "batch": BATCH,
        "rounds": ROUNDS,
        "threads": torch.get_num_threads(),
        "wanted_ratio": 0.85,
        "models": {name: measure(name) for name in MODELS},
    }
    text = json.dumps(found, indent=2)
    print(text)
    path = Path(__file__).parent / "results" / "features_speed.json"
    path.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
