"""What this machine has."""

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup/memory.max")
"""Where Linux says how much memory a container may use."""


def memory() -> int:
    """Return the bytes of memory that this process may use: the machine's, or its container's."""
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):  # no such question here
        whole = 8 * 2**30
    try:
        return min(whole, int(CGROUP.read_text()))
    except (OSError, ValueError):  # no container, or one without a limit
        return whole
