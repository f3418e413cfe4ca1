"""How long would 64 workers take for 10⁸ rows of 512 coordinates? A simulated schedule.

Measured here: a task of `dims` over a real range of rows, and one of the pass of a streamed run;
a merge of what two tasks send; how large that is, pickled; how fast it is unpickled. Assumed: the
file system and the network. Then tasks are given to workers in order as `w2slens` does: two a
worker are in flight, results come here one at a time over one connection and are merged here, a
tree for `dims`, in order for groups.

    python benchmarks/cluster_schedule.py   # 2 minutes; writes results/cluster_schedule.json
"""

import heapq
import json
import pickle
import tempfile
import time
from pathlib import Path

import numpy as np
from wide_speed import files

from w2slens._core.cluster import AHEAD
from w2slens._core.threads import one_blas_thread
from w2slens.experiments.partition import GROUPS, hashed
from w2slens.experiments.summing import range_bytes
from w2slens.features.ondisk import OnDisk, chunks
from w2slens.features.ranges import RANGE_BYTES
from w2slens.features.reading import open_features
from w2slens.measure.on_cluster import READ_OVER_SENT
from w2slens.measure.sampling import CHUNK, summarised
from w2slens.moments.grouped import GroupedMoments
from w2slens.moments.tree import Tree

ROWS, WIDTH, WORKERS = 10**8, 256, (1, 2, 16, 64)
DISK, NETWORK = 10e9, 1.25e9
"""Assumed bytes a second: of the file system for all workers together, of the wire to here."""

MEASURED, TRIES = 200_000, 3
"""Rows of the task of a streamed pass that is timed; its time is that of all rows of one, in
proportion."""

RESULT = Path(__file__).parent / "results" / "cluster_schedule.json"


def best(call):
    """Find the least CPU seconds of a call, whatever else the machine does, and what it gave."""
    taken = []
    for _ in range(TRIES):
        begin = time.process_time()
        found = call()
        taken.append(time.process_time() - begin)
    return min(taken), found


def grouped(weak, strong, rows):
    """Do what a task of the streamed pass does."""
    found, start = GroupedMoments(GROUPS), rows.start
    for chunk in chunks({"weak": OnDisk(weak), "strong": OnDisk(strong)}, rows):
        stop = start + len(chunk["weak"])
        found.add(chunk, hashed(start, stop))
        start = stop
    return found.arrays()


class Imagined:
    """A side of all the rows, which nobody has."""

    shape, dtype = (ROWS, WIDTH), np.dtype(np.float32)

    def __len__(self):
        """Return the rows."""
        return ROWS


def described(rows, task, merge, message):
    """Say what the simulation knows of a kind of task."""
    sent = pickle.dumps(message, protocol=5)
    unpickle, _ = best(lambda: pickle.loads(sent))
    return {
        "rows_a_task": rows,
        "task_s": round(task, 3),
        "merge_s": round(merge, 4),
        "message_bytes": len(sent),
        "unpickle_s": round(unpickle, 4),
    }


def measured(folder):
    """Costs of both kinds of task, at the number of rows that each reads."""
    row, p = 4 * 2 * WIDTH, 2 * WIDTH
    size = max(RANGE_BYTES, READ_OVER_SENT * 8 * p**2) // row // CHUNK * CHUNK
    many = range_bytes([Imagined()] * 2, p, GROUPS) // row
    some = MEASURED
    files(folder, some, WIDTH)
    pair = [open_features(folder / f"{name}.npy", name) for name in ("weak", "strong")]
    places = np.arange(0, size, size // 3)
    with one_blas_thread():
        task, (moments, sample) = best(lambda: summarised(*pair, range(size), places))
        merge, _ = best(lambda: moments + moments)
        long_task, sums = best(lambda: grouped(*pair, range(some)))
        whole = GroupedMoments(GROUPS)
        whole.merge(sums)
        long_merge, _ = best(lambda: whole.merge(sums))
    return {
        "dims": described(size, task, merge, (moments, sample)),
        "streamed pass": described(many, long_task * many / some, long_merge, sums),
    }


class Part:
    """In place of the moments of a range: it counts merges."""

    merges = 0

    def __add__(self, other):
        """Merge."""
        Part.merges += 1
        return self


def simulated(told, workers, in_order):
    """Give tasks to workers and results to this machine; seconds, and what was held."""
    tasks = -(-ROWS // told["rows_a_task"])
    read = told["rows_a_task"] * 4 * 2 * WIDTH
    slower = max(workers * read / told["task_s"] / DISK, 1)
    task, take = told["task_s"] * slower, told["message_bytes"] / NETWORK + told["unpickle_s"]
    free, flying, begun = [0.0] * workers, [], 0
    tree, now, busy, held, waiting = Tree(tasks), 0.0, 0.0, 0, 0

    def begin(when):
        """Give the next task to the worker that is free first."""
        nonlocal begun
        if begun < tasks:
            end = max(heapq.heappop(free), when) + task
            heapq.heappush(free, end)
            heapq.heappush(flying, (begun if in_order else end, end, begun))
            begun += 1

    for _ in range(AHEAD * workers):
        begin(0.0)
    while flying:
        _, end, place = heapq.heappop(flying)
        now = max(now, end) + take
        waiting = max(waiting, sum(done <= now for _, done, _ in flying))
        begin(now)
        before = Part.merges
        if not in_order:
            tree.add(place, Part())
            held = max(held, len(tree.nodes) + 1)
        spent = told["merge_s"] * (1 if in_order else Part.merges - before)
        now, busy = now + spent, busy + take + spent
    return {
        "tasks": tasks,
        "wall_s": round(now, 1),
        "share_of_time_that_workers_compute": round(tasks * task / workers / now, 2),
        "share_of_time_that_this_machine_is_busy": round(busy / now, 2),
        "gb_read": round(tasks * read / 1e9, 1),
        "gb_sent_here": round(tasks * told["message_bytes"] / 1e9, 1),
        "matrices_held_here": held if not in_order else None,
        "results_that_wait_on_workers": waiting,
    }


def main():
    """Measure, simulate, and write the result."""
    with tempfile.TemporaryDirectory() as name:
        costs = measured(Path(name))
    result = {
        "measured": costs,
        "assumed": {"disk_bytes_per_s": DISK, "network_bytes_per_s": NETWORK},
        "simulated": {
            kind: {
                f"{workers} workers": simulated(told, workers, kind != "dims")
                for workers in WORKERS
            }
            for kind, told in costs.items()
        },
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
