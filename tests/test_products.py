import tracemalloc

import numpy as np
import pytest

from tests.laws import close
from w2slens.models.packed import diagonal, pack, solve_packed, unpack
from w2slens.moments.products import MIRROR, gram, product

LAYOUTS = {
    "rows": np.ascontiguousarray,
    "columns": np.asfortranarray,
    "slice": lambda A: np.pad(A, 2)[2:-2, 2:-2],
    "turned": lambda A: A.T.copy().T,
}


@pytest.mark.parametrize("left", LAYOUTS)
@pytest.mark.parametrize("right", LAYOUTS)
@pytest.mark.parametrize("shape", [(5, 4, 3), (1, 6, 2), (0, 3, 2), (2, 0, 3), (2, 3, 0)])
def test_products_are_numpys_for_every_layout(left, right, shape):
    rng, (m, p, k) = np.random.default_rng(0), shape
    A, B = rng.standard_normal((m, p)), rng.standard_normal((p, k))
    found = product(LAYOUTS[left](A), LAYOUTS[right](B))
    assert found.shape == (m, k)
    assert found.flags.c_contiguous
    close(found, A @ B, 1e-14)


def test_one_row_is_a_product_too():
    A = np.arange(6.0).reshape(2, 3)
    close(product(np.ones(2), A), A.sum(axis=0), 1e-15)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("p", [1, 7, 2 * MIRROR + 3])
def test_grams_are_symmetric_products(layout, p):
    A = np.random.default_rng(0).standard_normal((30, p))
    found = gram(LAYOUTS[layout](A))
    assert np.array_equal(found, found.T)
    close(found, A.T @ A, 1e-13)


@pytest.mark.parametrize("left", ["rows", "columns", "turned"])
@pytest.mark.parametrize("right", ["rows", "columns", "turned"])
def test_products_copy_nothing(left, right):
    rng = np.random.default_rng(0)
    A, B = LAYOUTS[left](rng.standard_normal((300, 200))), LAYOUTS[right](np.ones((200, 10)))
    tracemalloc.start()
    product(A, B)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300 * 10 * 8 + B.nbytes / 2


def test_where_a_packed_diagonal_lies_is_shared_and_cannot_be_changed():
    places = diagonal(5)
    assert sorted(pack(np.diag(np.arange(1.0, 6)))[places]) == [1, 2, 3, 4, 5]
    assert diagonal(5) is places
    with pytest.raises(ValueError, match="read-only"):
        places[0] = 1


def test_packed_matrices_come_back_and_are_solved_where_they_are_definite():
    A = np.random.default_rng(0).standard_normal((5, 5))
    gram, right = A @ A.T + np.eye(5), np.ones((5, 2))
    close(unpack(pack(gram)), gram, 1e-15)
    close(solve_packed(pack(gram), right), np.linalg.solve(gram, right), 1e-10)
    with pytest.raises(np.linalg.LinAlgError):
        solve_packed(pack(gram - 9 * np.eye(5)), right)
