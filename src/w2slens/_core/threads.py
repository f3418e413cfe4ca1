"""How many threads matrix products and factorisations use.

numpy and scipy each carry a BLAS with threads of its own, and the idle threads of one keep the
cores from the other for a while. So only scipy's, which factors and multiplies what is large
(`w2slens.moments.products`), gets more than one: small problems then run as fast as on one thread,
large ones as fast as on all.

That is for a process by itself, which gives scipy all `cores`. Worker processes side by side are
told by joblib, as they start, how many threads either library may use: each worker its share of the
cores, rounded down, at least one. Workers times threads never exceed the cores.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from joblib import cpu_count
from threadpoolctl import ThreadpoolController


def cores() -> int:
    """Return the number of cores that this process may use (affinity and quotas included)."""
    return int(cpu_count())


@contextmanager
def blas_threads(count: int) -> Iterator[None]:
    """Give scipy's BLAS so many threads and numpy's one, until the block ends."""
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    before = [library.num_threads for library in libraries]
    for library in libraries:
        library.set_num_threads(1 if "numpy" in library.filepath else count)
    try:
        yield
    finally:
        for library, threads in zip(libraries, before, strict=True):
            library.set_num_threads(threads)
