"""Arrays of other libraries as numpy's: pandas, torch, scipy.sparse; none of them is imported."""

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.errors import InputError

log = logging.getLogger("w2slens")

WORDS = ("category", "string", "str", "object")
"""Types of a column of pandas that may hold text."""


class Densified:
    """A sparse matrix whose rows are made dense when they are sliced."""

    def __init__(self, sparse: Any) -> None:
        self._rows = sparse.tocsr()
        self.shape: tuple[int, ...] = tuple(map(int, sparse.shape))

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        """Make some rows dense."""
        return np.asarray(self._rows[rows].toarray())


def is_sparse(value: Any) -> bool:
    """Whether it is a matrix or an array of scipy.sparse."""
    return type(value).__module__.startswith("scipy.sparse") and hasattr(value, "tocsr")


def densified(value: Any, argument: str) -> Densified:
    """Read a sparse matrix row by row, and say so: fits are dense."""
    if len(value.shape) != 2:
        raise InputError(argument, f"is sparse of shape {value.shape}; rows × columns are needed")
    share = value.nnz / max(float(np.prod(value.shape)), 1.0)
    log.info("%s is sparse (%.1f%% filled); its rows are made dense", argument, 100 * share)
    return Densified(value)


def as_numpy(value: Any) -> Any:
    """Take the numbers out of tensors and tables; what is missing becomes nan.

    Tensors may be on a device, carry gradients or be of type bfloat16, which numpy lacks: they
    become float32 without loss. Anything else is handed back as it is.
    """
    library = type(value).__module__.partition(".")[0]
    if library == "torch" and hasattr(value, "detach"):
        tensor = value.detach().cpu()
        tensor = tensor.to_dense() if tensor.is_sparse else tensor
        return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()
    if library == "pandas" and hasattr(value, "to_numpy"):
        return _of_pandas(value)
    return value


def _of_pandas(value: Any) -> Any:
    kinds = list(value.dtypes) if hasattr(value, "columns") else [value.dtype]
    if any(str(kind).startswith(WORDS) for kind in kinds):
        return value.astype(object).to_numpy()
    if all(isinstance(kind, np.dtype) for kind in kinds):
        return value.to_numpy()
    gaps = bool(np.any(np.asarray(value.isna())))
    letters = {getattr(kind, "kind", "f") for kind in kinds}
    if letters <= set("iub") and not gaps:
        return value.to_numpy(dtype=np.int64)
    return value.to_numpy(dtype=np.float64, na_value=np.nan)
