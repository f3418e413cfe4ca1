"""What must hold of a command that is to be refused: one line, soon, and nothing written."""

import re
import sys
import time
import warnings
from pathlib import Path

from w2slens import cli

SECONDS = 60 if "coverage" in sys.modules else 5  # tracing takes its time


def written():
    """Every file below the working directory, and when it was written."""
    found = (path for path in Path().rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path): path.stat().st_mtime_ns for path in found}


def told(capsys, arguments):
    """Run a command that may be refused: exit code, stdout and stderr; the latter one line if so.

    A refusal writes no file.
    """
    before, begun = written(), time.process_time()
    with warnings.catch_warnings(record=True) as raw:
        warnings.simplefilter("always")
        code = cli.invoke(arguments)
    spent = time.process_time() - begun
    out, err = capsys.readouterr()
    assert "Traceback" not in err, (arguments, err[-800:])
    assert "Warning" not in err, (arguments, err)
    assert [(str(one.message), one.filename, one.lineno) for one in raw] == [], arguments
    assert code in (0, 2), (arguments, code, err[-800:])
    if code == 2:
        assert out == "", arguments
        assert re.fullmatch(r"error: [^\n]+\n", err), (arguments, err)
        assert len(err) < 2000
        assert spent < SECONDS, arguments
        assert written() == before, arguments
    return code, out, err


def refused(capsys, arguments):
    """Run a command that must be refused; return the line."""
    code, _, err = told(capsys, arguments)
    assert code == 2, (arguments, err[-500:])
    assert not Path("o").exists()
    return err
