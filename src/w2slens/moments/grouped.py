"""The moments of rows that fall into groups: every group's in one pass, and those of unions."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.linalg.blas import dsyrk

from w2slens._core.errors import InputError
from w2slens._core.types import Array, Index
from w2slens.moments.accumulate import PANEL_ROWS, Accumulator, Chunk
from w2slens.moments.moments import Moments
from w2slens.moments.products import mirrored


class GroupedMoments:
    """The running moments of groups of rows; `groups` of them, p² numbers each.

    Examples
    --------
    >>> import numpy as np
    >>> rows = np.random.default_rng(0).standard_normal((100, 3))
    >>> grouped = GroupedMoments(groups=2)
    >>> grouped.add({"weak": rows}, np.arange(100) % 2)
    >>> even = Moments.from_rows(weak=rows[::2])
    >>> bool(np.allclose(grouped.union([0]).scatter, even.scatter))
    True
    >>> grouped.union([0, 1]).count
    100
    """

    def __init__(self, groups: int) -> None:
        self._parts: list[Accumulator | None] = [None] * groups
        self._panel: Array | None = None

    def add(self, chunk: Chunk, codes: NDArray[np.integer]) -> None:
        """Add the rows of a chunk, each to the group of its code (rows,)."""
        p = sum(part.shape[1] for part in chunk.values())
        if len(self._parts) == 1:
            self._part(0, p).add(chunk)
            return
        order = np.argsort(codes, kind="stable")
        ends = np.searchsorted(codes[order], np.arange(len(self._parts) + 1))
        sorted_rows = {name: part[order] for name, part in chunk.items()}
        for group in np.flatnonzero(np.diff(ends)):
            own = slice(ends[group], ends[group + 1])
            self._part(int(group), p).add({k: part[own] for k, part in sorted_rows.items()})

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the sums as plain arrays by name; of scatters the lower triangles, packed."""
        groups = [group for group, part in enumerate(self._parts) if part is not None]
        parts = [part for part in self._parts if part is not None]
        if not parts:
            return {}
        names, widths = zip(*parts[0].blocks, strict=True)
        found = {
            "names": names,
            "widths": widths,
            "groups": groups,
            "counts": [part.count for part in parts],
            "means": [part.centre for part in parts],
            "precision": [part.precision for part in parts],
        }
        packed = np.empty((len(parts), len(parts[0].centre) * (len(parts[0].centre) + 1) // 2))
        for out, part in zip(packed, parts, strict=True):
            out[:] = lapack.dtrttf(part.lower, uplo="L")[0]
        return {**{name: np.asarray(one) for name, one in found.items()}, "scatters": packed}

    def merge(self, sums: Mapping[str, NDArray[Any]]) -> None:
        """Add what `arrays` gave of other rows; the digits depend on the order of merging."""
        if not sums:
            return
        named = zip(map(str, sums["names"]), map(int, sums["widths"]), strict=True)
        blocks, p = tuple(named), int(sums["widths"].sum())
        for place, group in enumerate(sums["groups"]):
            lower, _ = lapack.dtfttr(p, sums["scatters"][place], uplo="L")
            mean, eps = sums["means"][place], sums["precision"][place]
            own = self._part(int(group), p)
            own.merge(blocks, int(sums["counts"][place]), mean, lower, eps)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes, packed."""
        return _merged, (len(self._parts), self.arrays())

    def _part(self, group: int, p: int) -> Accumulator:
        """Return the accumulator of a group; all of them work in the same panel."""
        part = self._parts[group]
        if part is None:
            if self._panel is None:
                self._panel = np.empty((PANEL_ROWS + 1, p))
            part = self._parts[group] = Accumulator(self._panel)
        return part

    def union(self, groups: Iterable[int] | Index) -> Moments:
        """Return the moments of all rows of some groups."""
        parts = [part for group in groups if (part := self._parts[group]) is not None]
        if not parts:
            raise InputError("groups", "hold no rows")
        if len(parts) == 1:
            return Moments.of(parts[0])
        count, blocks = sum(part.count for part in parts), parts[0].blocks
        means = np.stack([part.centre for part in parts], axis=1)
        shares = np.array([part.count for part in parts]) / count
        mean = means @ shares
        scatter = np.zeros((len(mean), len(mean)), order="F")
        for part in parts:
            scatter += part.lower
        steps = (means - mean[:, None]) * np.sqrt(shares * count)
        scatter = dsyrk(1.0, steps, beta=1.0, c=scatter, lower=1, overwrite_c=1)
        precision = tuple(map(max, zip(*(part.precision for part in parts), strict=True)))
        return Moments(blocks, count, mean, mirrored(scatter), precision)


def _merged(groups: int, sums: Mapping[str, NDArray[Any]]) -> GroupedMoments:
    found = GroupedMoments(groups)
    found.merge(sums)
    return found
