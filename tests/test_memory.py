import ctypes
import resource

import numpy as np
import pytest

from w2slens.features.memory import kept_memory


def faults(rounds=40):
    """Pages that the system clears anew while arrays of 24 MB come and go."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(rounds):
        np.ones(3 * 2**20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs glibc")
def test_freed_memory_is_kept_inside_the_block_and_given_back_after_it():
    with kept_memory():
        np.ones(3 * 2**20)
        inside = faults()
    pages = 3 * 2**20 * 8 // resource.getpagesize()
    assert inside < pages
    assert faults(1) > 0
    with kept_memory():
        np.ones(3 * 2**20)
        assert faults() < pages
