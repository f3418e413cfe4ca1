"""Inputs of the same rows in the order of the first of them, joined by ids if these are known."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.types import Id
from w2slens.features.ondisk import too_large
from w2slens.features.reading import Source, open_ids

if TYPE_CHECKING:
    from w2slens.features.ids import Ids
    from w2slens.features.order import Order


def order_of(sources: Iterable[Source], labels: "Ids | None" = None) -> "Order | None":
    """Take the order of the first of several inputs, labeled rows first; None without ids."""
    ids = next(iter(sources)).ids
    if ids is None:
        return None
    from w2slens.features.order import Order  # tables load slowly

    return Order(ids, labels)


def in_order(
    order: "Order | None", id: Id, argument: str, value: Any, rows: NDArray[Any]
) -> NDArray[Any]:
    """Put what was read of an input, one row an example, into an order, if there is one."""
    ids = open_ids(value, argument, id, len(rows))
    places = None if order is None or ids is None else order.places(ids)
    return rows if places is None else rows[places]


def aligned(sources: Sequence[Source], *, gather: bool = True) -> list[Source]:
    """Put sources into one order: those in another are read and gathered, if memory holds them.

    Where not even small ones may be gathered, all must be in one order.

    Raises
    ------
    InputError
        If ids do not match, numbers of rows differ, or files that cannot be gathered are in
        another order.
    """
    order = order_of(sources)
    found = list(sources)
    if order is not None:
        if len(found) == 1:
            order.refuse_broken()
        apart = not gather or too_large(sources)
        for place, source in enumerate(sources[1:], 1):
            if source.ids is None:
                continue
            if apart:
                order.refuse_other(source.ids)
            elif (places := order.places(source.ids)) is not None:
                rows = source.read()[places]
                found[place] = replace(source, data=rows, path=None)
    check.same_rows({source.argument: source.rows for source in found})
    return found
