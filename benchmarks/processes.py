"""What a command costs as a whole process, with all that it starts."""

import os
import resource
import subprocess
import tempfile
import time
from typing import NamedTuple

OFTEN = 0.02
"""Seconds between two looks at the memory."""


class Cost(NamedTuple):
    """Of a command and its children."""

    cpu_s: float
    wall_s: float
    peak_mib: float  # anonymous memory, so that mapped files do not count
    resident_mib: float  # with mapped files


def cost(command, folder=None, **variables):
    """Run a command to its end on one BLAS thread a process, and say what it cost."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **variables}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # programs start as they do where installed
    begin, peak, resident = time.perf_counter(), 0, 0
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=told
        )
        while process.poll() is None:
            family = _family(process.pid)
            peak = max(peak, sum(_held(pid, "RssAnon") for pid in family))
            resident = max(resident, sum(_held(pid, "VmRSS") for pid in family))
            time.sleep(OFTEN)
        wall = time.perf_counter() - begin
        if process.returncode:
            told.seek(0)
            raise RuntimeError(told.read().decode()[-2000:])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = sum(getattr(after, k) - getattr(before, k) for k in ("ru_utime", "ru_stime"))
    return Cost(cpu, wall, peak / 1024, resident / 1024)


def _family(pid):
    """List a process and its descendants."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = file.read().split()
    except OSError:
        return []
    return [pid, *(one for child in children for one in _family(int(child)))]


def _held(pid, kind):
    """KiB of a kind of memory that a process has."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(kind))
    except (OSError, StopIteration):
        return 0
