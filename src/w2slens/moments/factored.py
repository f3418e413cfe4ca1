"""Moments of which a block has been factored before."""

from dataclasses import replace

from w2slens.moments.moments import Moments
from w2slens.moments.spectrum import Spectrum


def factored(moments: Moments, name: str, eigen: Spectrum) -> Moments:
    """Give a block the spectrum that moments of the same rows, beside other blocks, had for it.

    Parameters
    ----------
    moments
        Of rows of which the block `name` is a part.
    name
        A block.
    eigen
        Its spectrum; it must be that of the same rows.
    """
    known = replace(moments)
    known._spectra.update({**moments._spectra, name: eigen})
    return known
