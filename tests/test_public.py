import subprocess
import sys

import pytest

import w2slens


def test_every_public_name_is_there_and_documented():
    for name in w2slens.__all__:
        value = getattr(w2slens, name)
        assert name == "__version__" or value.__doc__
    assert set(dir(w2slens)) == set(w2slens.__all__)


def test_no_public_name_is_hidden_by_a_module():
    code = (
        "import w2slens.cli.run, w2slens; assert all(callable(getattr(w2slens, n)) for n in NAMES)"
    )
    names = [name for name in w2slens.__all__ if name != "__version__"]
    subprocess.run([sys.executable, "-c", f"NAMES = {names}; {code}"], check=True)


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="attribute nothing"):
        _ = w2slens.nothing
