"""Keep freed memory for the next batch instead of giving it back to the system each time.

A network allocates and frees the same large arrays for every batch. glibc returns them to the
kernel, which clears them anew: on a CPU that costs a fast network a third of its time.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

TRIM_THRESHOLD, MMAP_THRESHOLD, MMAP_MAX = -1, -3, -4
"""Names of glibc's settings in its malloc.h."""

KEPT = 2**31 - 1
"""Bytes of freed memory that are kept meanwhile: all."""

ADAPTED, MAPPED = 32 * 2**20, 65_536
"""Afterwards: the threshold that glibc adapts to by itself where large arrays are freed (twice
that for trimming), and its default number of mappings."""


@contextmanager
def kept_memory() -> Iterator[None]:
    """Keep freed memory inside the block, and give it back at its end; glibc only."""
    try:
        libc = ctypes.CDLL(None)
        mallopt, malloc_trim = libc.mallopt, libc.malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library: nothing to keep
        yield
        return
    mallopt(MMAP_MAX, 0)
    mallopt(TRIM_THRESHOLD, KEPT)
    try:
        yield
    finally:
        mallopt(MMAP_MAX, MAPPED)
        mallopt(MMAP_THRESHOLD, ADAPTED)
        mallopt(TRIM_THRESHOLD, 2 * ADAPTED)
        malloc_trim(0)
