"""What is remembered of rows: additive second-order statistics, their spectra and their solves.

`Moments` is a frozen value: count, mean and centred scatter Σ(z−z̄)(z−z̄)ᵀ of rows
z = [weak | strong | label]. Two of them merge with ``+`` and separate with ``-`` by the centred
update, and a linear map acts with ``push``, so whatever is linear in the rows (pseudo-labelling,
principal components, sketches, squared error) is computed from them without the rows. `reduce`
turns a stream of chunks into one.

The price is a squared condition number; `Moments.spectrum` cuts at the one documented cutoff.

The value is in `moments`, its running sums in `accumulate`, the sums of streams in `stream`; Gram
matrices are multiplied in `products`, decomposed in `spectrum`, solved in `solve`, and rows cut to
principal `components`.
"""

from w2slens.moments.components import principal
from w2slens.moments.moments import Moments
from w2slens.moments.products import product
from w2slens.moments.spectrum import Spectrum
from w2slens.moments.stream import reduce, total

__all__ = ["Moments", "Spectrum", "principal", "product", "reduce", "total"]
