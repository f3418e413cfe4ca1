"""Arrays of other libraries as numpy's: pandas, torch, scipy.sparse; none of them is loaded."""

import logging
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2slens._core.errors import InputError

log = logging.getLogger("w2slens")


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


def is_dataset(value: Any) -> bool:
    """Whether it is a dataset of Hugging Face `datasets`, or one of its columns."""
    return _library(value) == "datasets" and (
        hasattr(value, "with_format") or hasattr(value, "column_name")
    )


def densified(value: Any, argument: str) -> Densified:
    """Read a sparse matrix row by row, and say so: fits are dense."""
    if len(value.shape) != 2:
        raise InputError(argument, f"is sparse of shape {value.shape}; rows × columns are needed")
    share = value.nnz / max(float(np.prod(value.shape)), 1.0)
    log.info("%s is sparse (%.1f%% filled); its rows are made dense", argument, 100 * share)
    return Densified(value)


def as_numpy(value: Any) -> Any:
    """Take the numbers out of tensors and tables; what is missing becomes nan, or None beside text.

    Tensors may be on a device, carry gradients, be sparse, or of a type that numpy lacks (bfloat16,
    float8, quantised): those become float32 without loss. Lists may hold tensors. Anything else is
    handed back as it is.
    """
    if isinstance(value, (list, tuple)) and value and _library(value[0]) == "torch":
        return [as_numpy(one) for one in value]
    if _library(value) == "torch" and hasattr(value, "detach"):
        return _of_torch(value.detach())
    if _library(value) == "pandas" and hasattr(value, "isna"):
        return _of_pandas(value)
    return value


def _library(value: Any) -> str:
    return type(value).__module__.partition(".")[0]


def _of_torch(tensor: Any) -> NDArray[Any]:
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if str(tensor.layout) != "torch.strided":
        tensor = tensor.to_dense()
    if str(tensor.dtype).startswith(("torch.bfloat16", "torch.float8")):
        tensor = tensor.float()
    return np.asarray(tensor.cpu().resolve_conj().resolve_neg().numpy())


def _of_pandas(value: Any) -> NDArray[Any]:
    """Take a column, a table or an array of pandas, whose types may be nullable or Arrow's."""
    if not hasattr(value, "iloc") and not hasattr(value, "to_series"):  # an array
        return _of_pandas(_column(value))
    if hasattr(value, "infer_objects"):
        value = value.infer_objects()
    kinds = list(value.dtypes) if value.ndim == 2 else [value.dtype]
    letters = {_letter(kind) for kind in kinds}
    missing = np.asarray(value.isna())
    if not letters <= set("fiub"):
        objects = np.array(value.astype(object))
        objects[missing] = None
        return objects
    if all(isinstance(kind, np.dtype) for kind in kinds):
        return np.asarray(value)
    if len(letters) == 1 and "f" not in letters and not missing.any():
        whole = {"b": np.bool_, "i": np.int64, "u": np.uint64}
        return np.asarray(value.to_numpy(dtype=whole[letters.pop()]))
    return np.asarray(value.to_numpy(dtype=np.float64, na_value=np.nan))


def _column(array: Any) -> Any:
    from pandas import Series  # an array of pandas is here, so it is loaded

    return Series(array)


def _letter(kind: Any) -> str:
    """Return numpy's letter of what a column holds; decimals are floats."""
    return "f" if str(kind).startswith("decimal") else getattr(kind, "kind", "O")
