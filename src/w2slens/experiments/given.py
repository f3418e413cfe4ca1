"""What inputs of a run mean: names of teachers, known targets, the size of the test block."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError
from w2slens._core.types import Array

TEACHER = "weak"
"""Name of a teacher that was given none."""

TEST_SHARE = 0.2
"""Share of the rows that is held out for testing unless asked otherwise."""

HASH_ROWS = 4096
"""Rows hashed at a time, so that no second copy of the features is made."""

RESERVED = ("strong", "label")
"""Blocks of moments that no teacher may be called."""


def fingerprint(array: NDArray[Any]) -> str:
    """Write shape, type and SHA-256 of an array's rows."""
    digest = hashlib.sha256()
    for start in range(0, len(array), HASH_ROWS):
        digest.update(np.ascontiguousarray(array[start : start + HASH_ROWS]).data)
    shape = "×".join(map(str, array.shape))
    return f"{shape} {array.dtype.str} {digest.hexdigest()}"


def held_out(test: Any, rows: int) -> int:
    """Resolve the size of the test block: a count, a share, or the default share."""
    share = TEST_SHARE if test is None else test
    if not isinstance(share, (float, np.floating)):
        return check.whole(share, "test")
    if not 0 < share < 1:
        raise InputError("test", f"is {share!r}; a number of rows or a share below 1 is needed")
    return max(int(share * rows), 1)


def known_truth(target: NDArray[Any], classes: NDArray[Any] | None) -> Array:
    """Take (rows, k) f*, of classes as their probabilities."""
    truth, _ = check.labels(target, "target", "regression")
    return _as_probabilities(truth, classes)


def _as_probabilities(truth: Array, classes: NDArray[Any] | None) -> Array:
    """Read one column beside two classes a < b as E[class | x]: ``P(b) = (E − a)/(b − a)``."""
    if classes is None or len(classes) != 2 or truth.shape[1] != 1:
        return truth
    if classes.dtype.kind == "U":  # of text, the mean is the share of the second
        classes = np.array([0, 1])
    share = (truth - classes[0]) / (classes[1] - classes[0])
    if share.min() < 0 or share.max() > 1:
        raise InputError(
            "target",
            f"holds {truth.min():g} to {truth.max():g}; the mean of two classes lies between "
            f"{classes[0]} and {classes[1]}",
        )
    return np.hstack([1 - share, share])


def named_teachers(weak: Any) -> list[tuple[str, str, Any]]:
    """List (name, argument as the user knows it, features) of one teacher or of several."""
    if not isinstance(weak, Mapping):
        return [(TEACHER, "weak", weak)]
    if not weak:
        raise InputError("weak", "names no teacher; give features or {name: features}")
    for name in weak:
        usable = isinstance(name, str) and name.strip() and name.isprintable()
        if not usable or name in RESERVED:
            raise InputError(
                "weak",
                f"names a teacher {name!r}; a line of printable text other than "
                f"{' and '.join(RESERVED)} is needed",
            )
    return [(name, f"weak.{name}", features) for name, features in weak.items()]
