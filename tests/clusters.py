"""Schedulers and workers that are processes of their own, for tests that kill them."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import distributed

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@contextmanager
def workers(count=2, **told):
    """A scheduler in this process with worker processes of one thread."""
    local = {"n_workers": count, "threads_per_worker": 1, "processes": True}
    with distributed.LocalCluster(**local, dashboard_address="127.0.0.1:0", **told) as own:
        yield own


@contextmanager
def apart(folder, security=()):
    """The process of a scheduler, and its address; a worker process serves it.

    `security` are options of both commands.
    """
    file = folder / "scheduler.json"
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", *security]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", *security]
    named = ["--scheduler-file", str(file), "--no-dashboard"]
    here = ["--port", "0", "--host", "tls://127.0.0.1" if security else "127.0.0.1"]
    with (
        subprocess.Popen([*scheduler, *named, *here], **QUIET) as leader,
        subprocess.Popen([*worker, *named, "--nthreads", "1"], **QUIET) as follower,
    ):
        try:
            wait(file.exists)
            yield leader, distributed.utils.json.loads(file.read_text())["address"]
        finally:
            leader.kill()
            follower.kill()


def wait(happened, seconds=60):
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def kill_a_worker(cluster):
    """Kill one worker's process; its nanny starts another."""
    with distributed.Client(cluster) as client:
        victim = next(iter(client.run(os.getpid).values()))
    os.kill(victim, signal.SIGKILL)
