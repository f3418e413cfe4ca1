"""What an installation says of itself."""

import json
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from w2slens import cli
from w2slens.cli import doctor

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]


def asked(capsys, *words):
    assert cli.invoke(["doctor", *words]) == 0
    return capsys.readouterr().out


def test_all_extras_and_packages_are_looked_at(capsys):
    found = json.loads(asked(capsys, "--json"))
    assert found["extras"].keys() == PROJECT["optional-dependencies"].keys()
    assert len(found["packages"]) == len(PROJECT["dependencies"])
    assert all(one["enough"] for one in found["packages"].values())
    assert found["packages"]["numpy"]["version"] == version("numpy")
    for name, extra in found["extras"].items():
        assert len(extra["packages"]) == len(PROJECT["optional-dependencies"][name])
        assert extra["for"]
    assert found["cores"] >= 1
    assert {one["internal_api"] for one in found["blas"]} & {"openblas", "mkl", "blis"}


@pytest.mark.parametrize(
    ("have", "said"),
    [(None, "zarr: missing, needs >=3.0"), ("2.18.0", "zarr: 2.18.0, needs >=3.0")],
)
def test_what_lacks_is_named_with_its_remedy(capsys, monkeypatch, have, said):
    def looked_up(name):
        if name != "zarr":
            return version(name)
        if have is None:
            raise doctor.PackageNotFoundError(name)
        return have

    monkeypatch.setattr(doctor, "version", looked_up)
    lines = asked(capsys).splitlines()
    place = lines.index(f"  {said}")
    assert "– zarr: features in Zarr arrays, local or behind URLs" in lines[place - 2 : place]
    assert lines[place + 1] == "  pip install 'w2slens[zarr]'"
