"""What mutation.py runs in processes of their own: tests, with and without a record of lines."""

import json
import os
import sys
from importlib import import_module
from pathlib import Path

import pytest

WARM = ("pandas", "scipy.stats", "scipy.optimize", "sklearn.linear_model", "pyarrow", "zarr")
WARM += (
    "hypothesis",
    "hypothesis.extra.numpy",
    "jinja2",
    "matplotlib.figure",
    "ruamel.yaml",
    "rich.console",
)


class Recorder:
    """Notes for every test its seconds, and to coverage its name."""

    def __init__(self, coverage):
        self.coverage, self.seconds = coverage, {}

    def pytest_runtest_logstart(self, nodeid):
        self.coverage.switch_context(nodeid)

    def pytest_runtest_logreport(self, report):
        before = self.seconds.get(report.nodeid, 0.0)
        self.seconds[report.nodeid] = round(before + report.duration, 4)


class Witness:
    """Remembers the first test that failed."""

    def __init__(self):
        self.failed = None

    def pytest_runtest_logreport(self, report):
        if report.failed and self.failed is None:
            self.failed = report.nodeid

    def pytest_collectreport(self, report):
        if report.failed and self.failed is None:
            self.failed = report.nodeid or "collection"


def warm():
    """Import what every test needs, once, before processes are forked."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # none is needed, and some are slow to load
    for name in WARM:
        import_module(name)


def judge(tree, tests, answer):
    """Run tests until one fails, write which one, and end the process."""
    code = 1
    try:
        sys.dont_write_bytecode = True
        os.chdir(tree)
        sys.path[:0] = [str(tree / "src"), str(tree)]
        os.environ["PYTHONPATH"] = str(tree / "src")
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        witness = Witness()
        code = pytest.main(["-x", "-p", "no:cacheprovider", *tests], plugins=[witness])
        answer.write_text(json.dumps(witness.failed or (None if code == 0 else f"exit {code}")))
    finally:
        os._exit(int(code))


def record(path, tests):
    """Run tests under coverage; write the tests of every line, and the seconds of every test."""
    import coverage

    watched = coverage.Coverage(data_file=None, source=["src/w2slens"])
    recorder = Recorder(watched)
    watched.start()
    code = pytest.main(["-p", "no:cacheprovider", *tests], plugins=[recorder])
    watched.stop()
    data, lines = watched.get_data(), {}
    for file in data.measured_files():
        name = Path(file).relative_to(Path.cwd()).as_posix()
        lines[name] = {str(line): tests for line, tests in data.contexts_by_lineno(file).items()}
    Path(path).write_text(json.dumps({"seconds": recorder.seconds, "lines": lines}))
    sys.exit(int(code))


if __name__ == "__main__":
    record(sys.argv[1], sys.argv[2:])
