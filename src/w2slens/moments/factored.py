"""Moments of which a block has been factored before."""

from dataclasses import replace

from w2slens.moments.moments import Moments
from w2slens.moments.spectrum import Spectrum


def factored(moments: Moments, name: str, eigen: Spectrum) -> Moments:
    """Give a block the spectrum that moments of the same rows, beside other blocks, had for it.

    `moments`: of rows of which the block `name` is a part; `name`: a block; `eigen`: its spectrum;
    it must be that of the same rows.
    """
    known = replace(moments)
    known._spectra.update({**moments._spectra, name: eigen})
    return known
