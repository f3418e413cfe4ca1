"""Finished models of a run on disk, so that a killed run goes on with the same numbers.

networks/trial-0000/NAME/model.safetensors    what was trained, and what changed with it
outputs.npz          outputs on the test rows and on the pool
facts.json           what it was made from; written last
pseudo_labels.parquet    what a teacher says of the pool, for other programs
"""

import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from w2slens._core.atomic import write_durably
from w2slens._core.errors import InputError
from w2slens._core.inputs import read_json
from w2slens._core.json import to_json
from w2slens._core.types import Array
from w2slens.deep.networks import Network

FOLDER = "networks"
"""Where the networks of a run are, in its folder."""

FACTS, OUTPUTS, WEIGHTS = "facts.json", "outputs.npz", "model.safetensors"


class Finished(NamedTuple):
    """What a run needs of a trained network once it is gone."""

    test: Array  # (test, k) outputs on the test rows
    pool: Array  # (N, k) outputs on the largest pool, or none
    drift: float = math.nan
    moved: float = math.nan
    rate: float = math.nan  # learning rate that was taken
    seconds: float = math.nan  # of training, at all rates


@dataclass(frozen=True)
class Shelf:
    """The folder of one trial's networks; None keeps nothing."""

    folder: Path | None

    def made(
        self, name: str, facts: dict[str, Any], make: Callable[[], tuple[Network, Finished]]
    ) -> Finished:
        """Return a finished network of these facts, or make and keep it.

        Raises
        ------
        InputError
            If the network there was made from others, or it cannot be written.
        """
        if self.folder is None:
            return make()[1]
        place = self.folder / name
        found = self._found(place, facts)
        if found is not None:
            return found
        network, finished = make()
        try:
            _write(place, network, finished, facts)
        except OSError as error:
            raise InputError("out", f"{place} cannot be written ({error.strerror})") from None
        return finished

    def beside(self, name: str, file: str, write: Callable[[Path], None]) -> None:
        """Write a file beside a finished network, unless it is there."""
        if self.folder is None or (place := self.folder / name / file).is_file():
            return
        aside = place.with_name(f".{file}.part")
        write(aside)
        aside.rename(place)

    def _found(self, place: Path, facts: dict[str, Any]) -> Finished | None:
        if not (place / FACTS).is_file():
            return None
        known = read_json(place / FACTS, "out", "is no network of a run; choose another folder")
        if to_json(known) != to_json(facts):
            raise InputError(
                "out", f"{place} holds a network of another recipe; choose another folder"
            )
        with np.load(place / OUTPUTS, allow_pickle=False) as stored:
            numbers = [float(stored[name]) for name in Finished._fields[2:]]
            return Finished(stored["test"], stored["pool"], *numbers)


def _write(place: Path, network: Network, finished: Finished, facts: dict[str, Any]) -> None:
    """Write a network aside and move it into place, the facts last."""
    from safetensors.torch import save_file

    aside = place.with_name(f".{place.name}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    save_file(weights(network), aside / WEIGHTS)
    with (aside / OUTPUTS).open("wb") as file:
        np.savez(file, **finished._asdict())
    if place.exists():
        shutil.rmtree(place)  # unfinished: it has no facts
    aside.rename(place)
    write_durably(place / FACTS, (to_json(facts) + "\n").encode())


def weights(network: Network) -> dict[str, Any]:
    """Parameters that were trained, and buffers as batch norms have them, by name."""
    trained = {name: p for name, p in network.named_parameters() if p.requires_grad}
    tensors = {**trained, **dict(network.named_buffers())}
    return {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
