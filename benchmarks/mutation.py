"""Do the tests notice when a formula is wrong?

A random sample of the mutants that cosmic-ray's operators make of moments, measure, models and
theory: one operator, number, comparison, loop or decorator changed at a time. A mutant runs
against the tests that reach its lines, quickest first, until one fails: then it is killed. Sites
are drawn evenly from each room, then one change a site (mutation_sample.py). The tests are those of
TESTS and the doctests of the rooms, 30 s of them at most for a mutant, and 5 minutes for one that
survived and is run again; what only others would kill counts as a survivor. Survivors that compute
the same are in mutation_equivalents.json, each with its reason; they count neither way.

    python benchmarks/mutation.py [--seed 0] [--each 75] [--keep DIR] [--survivors]

One process and about 40 minutes; `--keep` remembers which test reaches which line, and
`--survivors` runs those of the written result alone. Writes results/mutation-SEED.json.
"""

import argparse
import ast
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mutation_worker
from mutation_sample import ROOT, difference, sample

RESULTS = ROOT / "benchmarks" / "results"
EQUIVALENT = ROOT / "benchmarks" / "mutation_equivalents.json"
ROOMS = ("moments", "measure", "models", "theory")
TESTS = """advice_streamed belief cluster dimension forecast house labeled labels laws_models
laws_moments logistic memory metrics mixtures moments neighbours outline plan planner products
protocol rank ridge risk scales streamed students synthetic table take_home theory together tuned
unlabeled verdict views"""
DECLARED = "tests/test_house.py::test_values", "tests/test_students.py::test_two_students"
"""What looks at what was declared, whichever test imported it first."""
MOST_SECONDS, MOST_AGAIN = 30.0, 300.0


def statement(path, line):
    """Lines of the innermost statement at a line; none where it runs as the file is imported."""
    tree, span = ast.parse((ROOT / path).read_text(encoding="utf-8")), None
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for node in (one for top in function.body for one in ast.walk(top)):
            if isinstance(node, ast.stmt) and node.lineno <= line <= node.end_lineno:
                head = node.body[0].lineno - 1 if getattr(node, "body", None) else node.end_lineno
                shorter = span is None or node.end_lineno - node.lineno <= span[2]
                if shorter:
                    span = node.lineno, max(head, node.lineno), node.end_lineno - node.lineno
    return span and range(span[0], span[1] + 1)


def chosen(reach, path, line, most=MOST_SECONDS):
    """List the tests for a line, quickest first, up to so many seconds."""
    by_line, span = reach["lines"].get(path, {}), statement(path, line)
    lines = by_line if span is None else [str(one) for one in span]
    tests = {test for one in lines for test in by_line.get(one, ())} & reach["seconds"].keys()
    if span is None:
        tests |= {test for test in reach["seconds"] if test.startswith(DECLARED)}
    total, listed = 0.0, []
    for test in sorted(tests, key=lambda one: (reach["seconds"][one], one)):
        total += reach["seconds"][test]
        if total > most and listed:
            break
        listed.append(test)
    return listed, total


def recorded(tree, keep):
    """Which test reaches which line, and how long tests take; leaves compiled files behind."""
    kept = keep / "reach.json" if keep else tree / "reach.json"
    listed = [f"tests/test_{name}.py" for name in TESTS.split()]
    listed += [f"src/w2slens/{room}" for room in ROOMS]
    line = [sys.executable, mutation_worker.__file__, kept, *listed]
    if kept.exists():
        line = [sys.executable, "-m", "pytest", "--collect-only", *listed]
    kept.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(line, check=True, cwd=tree, env=environment(tree), stdout=subprocess.DEVNULL)
    return json.loads(kept.read_text())


def environment(tree):
    """One thread, and the copied tree before the installed one."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    places = [str(tree / "src"), *filter(None, [os.environ.get("PYTHONPATH")])]
    kept = {name: os.environ[name] for name in os.environ if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **one, "PYTHONPATH": os.pathsep.join(places)}


def tried(tree, path, mutant, tests, seconds):
    """Run tests against a mutant: the test that killed it, `timeout`, or None."""
    target = tree / path
    original, stamp = target.read_text(encoding="utf-8"), target.stat().st_mtime
    target.write_text(mutant, encoding="utf-8")
    os.utime(target, (stamp + 1e6, stamp + 1e6))
    answer = tree / "answer"
    answer.unlink(missing_ok=True)
    try:
        child = os.fork()
        if child == 0:
            os.setsid()
            resource.setrlimit(resource.RLIMIT_DATA, (4 << 30, 4 << 30))
            mutation_worker.judge(tree, tests, answer)
        deadline = time.monotonic() + 30 + 5 * seconds
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return "timeout"
            time.sleep(0.02)
        return json.loads(answer.read_text()) if answer.exists() else "the process ended"
    finally:
        target.write_text(original, encoding="utf-8")
        os.utime(target, (stamp, stamp))


def verdicts(mutants, tree, reach, most):
    """Try mutants one by one, and say what became of each."""
    reasons = json.loads(EQUIVALENT.read_text(encoding="utf-8"))
    reasons = {(one["file"], *one["change"]): one["because"] for one in reasons}
    for path, line, operator, mutant in mutants:
        tests, seconds = chosen(reach, path, line, most)
        change = difference(path, mutant)
        row = {"file": path, "line": line, "operator": operator, "change": change}
        if (path, *change) in reasons:
            yield {**row, "equivalent": reasons[path, *change]}
            continue
        by = tried(tree, path, mutant, tests, seconds) if tests else None
        yield {**row, "tests": len(tests), "killed_by": by}


def summary(rows):
    """Count what became of the mutants of every room."""
    counts = {}
    for room in (*ROOMS, "all"):
        ours = [row for row in rows if room in (row["file"].split("/")[2], "all")]
        equivalent = sum("equivalent" in row for row in ours)
        killed = sum(row.get("killed_by") is not None for row in ours)
        score = round(killed / max(len(ours) - equivalent, 1), 4)
        counts[room] = {"mutants": len(ours), "equivalent": equivalent, "killed": killed}
        counts[room]["score"] = score
    return counts


def report(asked, tree):
    """Run the sample, or what survived of it, and write what became of it."""
    reach, out = recorded(tree, asked.keep), RESULTS / f"mutation-{asked.seed}.json"
    known = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {"rows": []}
    before = {(row["file"], *row["change"]): row for row in known["rows"]}
    rows, mutants = [], []
    for path, line, operator, mutant in (
        one for room in ROOMS for one in sample(room, asked.each, asked.seed)
    ):
        row = before.get((path, *difference(path, mutant)), {})
        old = row.get("killed_by") if asked.survivors else path.split("/")[2] not in asked.rooms
        rows += [row] if old else []
        mutants += [] if old else [(path, line, operator, mutant)]
    mutation_worker.warm()
    path = "src/w2slens/moments/moments.py"
    failed = tried(tree, path, (ROOT / path).read_text(encoding="utf-8"), *chosen(reach, path, 1))
    if failed is not None:
        sys.exit(f"without a mutant {failed} fails")
    most = MOST_AGAIN if asked.survivors else MOST_SECONDS
    for row in verdicts(mutants, tree, reach, most):
        rows.append(row)
        print(json.dumps(row, ensure_ascii=False), flush=True)
    rows = sorted(filter(None, rows), key=lambda row: (row["file"], row["line"], row["change"]))
    first = known.get("first") if asked.survivors else None
    whole = {"seed": asked.seed, "first": first or summary(rows), "rooms": summary(rows)}
    whole["rows"] = rows
    out.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(whole["rooms"], indent=2))


def options():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0, help="of the sample [0]")
    parser.add_argument("--each", type=int, default=75, help="mutants of a room [75]")
    parser.add_argument("--rooms", nargs="+", default=ROOMS, choices=ROOMS, help="only these")
    parser.add_argument("--keep", type=Path, help="remember here which test reaches which line")
    parser.add_argument("--survivors", action="store_true", help="run those of the result alone")
    return parser.parse_args()


def main():
    asked = options()
    with tempfile.TemporaryDirectory() as place:
        tree = Path(place) / "tree"
        skip = shutil.ignore_patterns(".git", ".venv", "build", "__pycache__")
        shutil.copytree(ROOT, tree, ignore=skip)
        report(asked, tree)


if __name__ == "__main__":
    main()
