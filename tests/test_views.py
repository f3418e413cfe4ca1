import numpy as np

from tests.laws import close
from w2slens.features.digits import (
    digits,
    pixel_differences,
    random_convolutions,
)
from w2slens.moments.components import principal


def test_pixel_differences_of_a_small_image():
    image = np.array([[[1, 4], [9, 2]]])
    assert pixel_differences(image).tolist() == [[3, 7, 8, 2]]


def test_random_convolutions_equal_loops():
    images = np.random.default_rng(0).random((2, 6, 7))
    found = random_convolutions(images, filters=3, seed=4).reshape(2, 3, 2, 2)
    kernels = np.random.default_rng(4).standard_normal((3, 3, 3)) / 3
    for image, filter_, row, column in np.ndindex(2, 3, 2, 2):
        cells = [
            max(np.sum(images[image, r : r + 3, c : c + 3] * kernels[filter_]), 0)
            for r in (2 * row, 2 * row + 1)
            for c in (2 * column, 2 * column + 1)
        ]
        close(found[image, filter_, row, column], np.mean(cells), 1e-12)


def test_principal_components_are_uncorrelated_and_ordered():
    x = np.random.default_rng(1).standard_normal((200, 8)) * np.arange(1, 9)
    scores = principal(x, 3, "x")
    covariance = scores.T @ scores
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-9
    assert (np.diff(np.diag(covariance)) < 0).all()


def test_digits():
    weak, strong, classes = digits()
    assert (weak.shape, strong.shape, classes.shape) == ((1797, 60), (1797, 40), (1797,))
