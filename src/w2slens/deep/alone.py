"""A head that is trained alone, on features that were made once."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from w2slens.deep.examples import Examples
from w2slens.deep.networks import Network


def alone(
    network: Network, features: NDArray[np.float32], examples: Examples
) -> tuple[Network, Examples]:
    """Take a network's head, which stays the same one, and in place of examples their features.

    Parameters
    ----------
    network
        Whose body is not trained.
    features
        (examples, width) what its head sees, as it is evaluated: no dropout in the body, and batch
        norms that keep their statistics.
    examples
        That they were made of.

    Returns
    -------
    A network of nothing but the head, and what it takes.
    """

    def inputs(rows: Any) -> torch.Tensor:
        return torch.from_numpy(np.stack(rows)).to(network.device)

    known = replace(examples.corpus, kind="image", load=features.__getitem__)
    return Network(nn.Identity(), network.head, inputs, nn.Identity()), Examples(known)
