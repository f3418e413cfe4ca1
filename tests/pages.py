"""Pages as programs: their blocks of code run in order, and give the output that they show.

``python``: with prompts, examples of doctest; without, statements. A page's blocks share names.
``console``: what follows a ``$`` runs in bash; output that is shown must come, "…" being any.
``yaml``: kept as the file that the first line names, ``# recipe.yaml``.
"""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"((?:[^\n]*\\\n)*[^\n]*\n)(.*)", re.DOTALL)
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def blocks(text):
    """List (language, code) of a page."""
    return BLOCK.findall(text)


def run_examples(code, names, page):
    """Run examples of doctest; fail where one gives another output."""
    example = doctest.DocTestParser().get_doctest(code, names, page, page, 0)
    example.globs = names
    assert example.examples
    found = doctest.DocTestRunner(optionflags=FLAGS).run(example, clear_globs=False)
    assert found.failed == 0, page


def run_page(text, page, folder):
    """Run all blocks of a page in a folder."""
    names = {"__name__": "__main__"}
    for language, code in blocks(text):
        if language == "python" and ">>>" in code:
            run_examples(code, names, page)
        elif language == "python":
            exec(compile(code, page, "exec"), names)
        elif language == "console":
            _converse(code, folder)
        elif language == "yaml":
            (folder / code.split()[1].rstrip(":")).write_text(code, encoding="utf-8")


def run_shown(text, folder):
    """Run the commands of a page whose output is shown; return how many there are."""
    return sum(
        _converse(code, folder, silent=False)
        for language, code in blocks(text)
        if language == "console"
    )


def _converse(code, folder, *, silent=True):
    """Type the commands of a console, and compare what is shown after them; return how many."""
    checker, typed = doctest.OutputChecker(), 0
    for part in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        command, shown = COMMAND.fullmatch(part).groups()
        if not shown and not silent:
            continue
        typed += 1
        found = _run(command, folder)
        assert found.returncode == 0, f"{command}{found.stderr}"
        wanted = shown.replace("…", "...")
        said = f"{command}{found.stdout}"
        assert not shown or checker.check_output(wanted, found.stdout, FLAGS), said
    return typed


def _run(command, folder):
    """Run a command as a reader would, in a terminal of 100 columns."""
    own = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "100"}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=os.environ | own,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
