"""What do workers of a cluster save, and do they change a digit?

Float32 features of 256 + 256 coordinates in two .npy files of 2,000,000 rows (4 GB): `dims` with
its interval by one process, and by one and by two Dask workers of one thread each on this machine,
in turns. The cluster is there before the clock starts. Beside them threads: chunks summed by two of
them. Also the pass of a streamed run over the first 500,000 rows, by one and two workers.

    python benchmarks/cluster_speed.py [ROWS]   # 10 minutes; writes results/cluster_speed.json
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import distributed
import numpy as np
from wide_speed import files

from w2slens import dimensions, transfer
from w2slens._core.threads import one_blas_thread
from w2slens.features.reading import open_features, paired_chunks
from w2slens.measure.one_pass import measure
from w2slens.measure.sampling import CHUNK
from w2slens.moments import reduce

WIDTH, ROWS, STREAMED, ROUNDS = 256, 2_000_000, 500_000, 2
RUN = {"n": 300, "N": 20_000, "trials": 1, "stream": "yes", "ridge_weak": 0.1, "ridge_strong": 0.1}
RESULT = Path(__file__).parent / "results" / "cluster_speed.json"


def by_threads(pair):
    """Sum chunks by two threads."""
    sources = [open_features(path, path.stem) for path in pair]
    with one_blas_thread():
        return measure(reduce(paired_chunks(*sources, CHUNK), threads=2))


def differences(one, other):
    """Largest relative differences of spectra and of d_sw."""
    spectra = [
        float(np.max(np.abs(a.spectrum - b.spectrum)) / np.max(a.spectrum))
        for a, b in ((one.weak, other.weak), (one.strong, other.strong))
    ]
    return {"eigenvalues": max(spectra), "d_sw": abs(one.d_sw / other.d_sw - 1)}


def spent(client):
    """CPU seconds of this process so far, and of the workers of a client."""
    return time.process_time(), sum(client.run(time.process_time).values()) if client else 0.0


def timed(call, client):
    """Wall and CPU seconds of a call, here and on workers, and what it gave."""
    before, begin = spent(client), time.perf_counter()
    found = call(client)
    wall = time.perf_counter() - begin
    return [wall, *(b - a for a, b in zip(before, spent(client), strict=True))], found


def in_turns(ways, call):
    """Seconds of several ways to one result, in the best of the rounds, and what each gave."""
    seconds, found = {name: [] for name in ways}, {}
    for _ in range(ROUNDS):
        for name, client in ways.items():
            taken, found[name] = timed(call, client)
            seconds[name].append(taken)
            print(name, [round(one, 1) for one in taken], flush=True)
    kinds = ("wall_s", "cpu_s_here", "cpu_s_of_workers")
    least = {
        name: dict(zip(kinds, (round(one, 1) for one in min(some)), strict=True))
        for name, some in seconds.items()
    }
    return least, found


def ratio(seconds):
    """Wall time of one worker over that of two."""
    return round(seconds["one worker"]["wall_s"] / seconds["two workers"]["wall_s"], 2)


def main():
    """Measure, and write the result."""
    rows = int(sys.argv[1]) if sys.argv[1:] else ROWS
    local = {"threads_per_worker": 1, "processes": True, "dashboard_address": "127.0.0.1:0"}
    with (
        tempfile.TemporaryDirectory() as name,
        distributed.LocalCluster(n_workers=1, **local) as one,
        distributed.LocalCluster(n_workers=2, **local) as two,
        distributed.Client(one) as alone,
        distributed.Client(two) as both,
    ):
        folder = Path(name)
        files(folder, rows, WIDTH)
        pair = folder / "weak.npy", folder / "strong.npy"
        ways = {"one process": None, "one worker": alone, "two workers": both}
        seconds, found = in_turns(ways, lambda client: dimensions(*pair, scheduler=client))
        threads = by_threads(pair)
        few = [folder / f"few-{path.name}" for path in pair]
        for path, short in zip(pair, few, strict=True):
            np.save(short, np.load(path, mmap_mode="r")[:STREAMED])
        y = np.load(folder / "y.npy")[:STREAMED]
        passes, runs = in_turns(ways, lambda client: transfer(*few, y, **RUN, scheduler=client))
    serial, dask = found["one process"], found["two workers"]
    result = {
        "machine": {"cores": os.cpu_count(), "load_after": round(os.getloadavg()[0], 1)},
        "dims": {
            "rows": rows,
            "seconds": seconds,
            "one_over_two_workers": ratio(seconds),
            "bit_equal_over_workers": found["one worker"].to_dict() == dask.to_dict(),
            "dask_from_serial": differences(serial, dask),
            "threads_from_serial": differences(serial, threads),
        },
        "streamed run": {
            "rows": len(y),
            "seconds": passes,
            "one_over_two_workers": ratio(passes),
            "bit_equal_over_workers": runs["one worker"].table.equals(runs["two workers"].table),
            "dask_from_serial": max(
                float(abs(runs["two workers"].table[k] / runs["one process"].table[k] - 1).max())
                for k in ("weak", "w2s", "strong", "ceiling")
            ),
        },
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
