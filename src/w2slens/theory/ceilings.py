"""Which rows the strong ceiling is trained on."""

from typing import TypeVar

Rows = TypeVar("Rows")

CEILINGS = ("all", "pool", "labels")
"""Labels and pool (n+N), the pool (N), the labels (n)."""


def ceiling_rows(kind: str, n: Rows, N: Rows) -> Rows:
    """Return how many rows the ceiling has beside n labels and N pseudo-labels."""
    rows: dict[str, Rows] = {"all": n + N, "pool": N, "labels": n}  # type: ignore[operator]
    return rows[kind]
