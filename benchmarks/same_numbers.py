"""Do two source trees compute the same numbers?

Every job of same_numbers_jobs.py and every recipe runs with either tree, in a process of its own.
Each number that it leaves must agree to 1e-12 relative, each word exactly, and nothing may be
gone; what only the newer tree has is listed. Versions and command lines are not compared. Exits
with 1 where anything differs.

    python benchmarks/same_numbers.py BEFORE_SRC [AFTER_SRC] [--keep DIR] [--only "synthetic-*"]

`--keep` remembers what the first tree gave (empty DIR when a job is edited). Recipes on real
features read the stores of recipes/*/features.yaml below `--stores` and are skipped without;
`--trials` replaces their trials. A tree takes about 8 minutes, on stores with `--trials 2` as much
again. Writes results/same_numbers.json unless `--only` is given.

One tree against itself, OPENBLAS_CORETYPE=Haswell set for the second run, shows how far rounding
alone carries: a PGR near 0 is a small difference of risks and keeps fewer digits than they.
"""

import argparse
import csv
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from fnmatch import fnmatch
from pathlib import Path

from same_numbers_jobs import JOBS

ROOT, ALLOWED = Path(__file__).resolve().parent.parent, 1e-12
UNLIKE = {"version", "command", "recipe"}
RECIPES = ("synthetic-*.yaml", "coloured-fashion-mnist/*.yaml", "sst2/*.yaml")
NO_SWEEPS = ("features", "hub-sweep")


def recipes(stores, trials):
    """Texts of the recipes by name, their stores and trials put in."""
    texts, base = {}, ROOT / "recipes"
    for path in sorted(path for pattern in RECIPES for path in base.glob(pattern)):
        name = path.relative_to(base).with_suffix("").as_posix()
        text = path.read_text(encoding="utf-8").replace("../../build", str(stores))
        if trials and "/" in name:
            text = re.sub("^trials: .*", f"trials: {trials}", text, flags=re.MULTILINE)
            name += f", {trials} trials"
        if not any(word in name for word in NO_SWEEPS):
            texts[name] = text
    return texts


def missing(text, stores):
    """Name a store or file that a recipe reads and that is not there, or not yet whole."""
    for path in re.findall(rf"{re.escape(str(stores))}/(\S+)", text):
        whole = stores / path if Path(path).suffix else stores / path / "manifest.json"
        if not whole.exists():
            return path
    return None


def outputs(source, name, text, folder):
    """Run a job with a tree, unless its folder is there; return what it left, and its seconds."""
    if not folder.exists():
        part, begin = folder.with_suffix(".part"), time.perf_counter()
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        jobs = Path(__file__).with_name("same_numbers_jobs.py")
        line = [sys.executable, "-W", "ignore", jobs, name if text is None else "recipe", part]
        env = {**os.environ, "PYTHONPATH": str(source)}
        subprocess.run(line, check=True, env=env, input=text, text=True)
        (part / "seconds").write_text(f"{time.perf_counter() - begin:.1f}")
        part.rename(folder)
    found = dict(leaf for path in folder.iterdir() for leaf in leaves(read(path), f"{path.name}:"))
    return found, float((folder / "seconds").read_text())


def read(path):
    """Read a document, or a table as {column: values}; of other files nothing."""
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8"))
    if path.suffix != ".csv":
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        head, *lines = csv.reader(file)
    return {
        name: [value(word) for word in column] for name, *column in zip(head, *lines, strict=True)
    }


def value(word):
    """Read a word of a table: a number, text, or nothing, as which `auto` was once written."""
    try:
        return float(word)
    except ValueError:
        return word if word not in ("", "auto") else None


def leaves(document, at):
    """List what a document holds by its place, and how long its lists are."""
    if isinstance(document, dict):
        for key in document.keys() - UNLIKE:
            yield from leaves(document[key], f"{at} {key}")
    elif isinstance(document, list):
        yield f"{at} length", len(document)
        for place, item in enumerate(document):
            yield from leaves(item, f"{at} {place}")
    else:
        yield at, document


def difference(a, b):
    """Relative difference; infinite where one number is undefined, or words differ."""
    blank = [one is None or one != one for one in (a, b)]
    if a == b or all(blank):
        return 0.0
    if any(blank) or isinstance(a, str) or isinstance(b, str):
        return math.inf
    return abs(a - b) / max(abs(a), abs(b))


def compare(before, after):
    """Compare what a job left: the largest difference and where, all that differs, what is new."""
    apart = {at: difference(before[at], after[at]) for at in before.keys() & after.keys()}
    too_far = sorted((at for at in apart if apart[at] > ALLOWED), key=lambda at: (-apart[at], at))
    largest, where = max(((apart[at], at) for at in apart), default=(0.0, None))
    lists = {
        "where": where if largest else None,
        "differ": {
            name: f"{len(group)}; {apart[group[0]]:.1e} at {group[0]}: "
            f"{before[group[0]]!r}, now {after[group[0]]!r}"
            for name, group in columns(too_far).items()
        },
        "gone": list(columns(sorted(before.keys() - after.keys()))),
        "new": list(columns(sorted(after.keys() - before.keys()))),
    }
    return {
        "same": not lists["differ"] and not lists["gone"],
        "compared": len(apart),
        "largest_difference": float(f"{largest:.1e}") if largest < math.inf else "in kind",
        **{name: listed for name, listed in lists.items() if listed},
    }


def columns(places):
    """Group places by what stands there, whatever the file and the row."""
    groups = {}
    for at in places:
        groups.setdefault(re.sub(r" \d+\b", "", at.partition(": ")[2]), []).append(at)
    return groups


def row(name, text, asked, place):
    """Run a job with both trees and compare: a row of the report."""
    if text is not None and (store := missing(text, asked.stores)):
        return {"skipped": f"there is no {store} below --stores"}
    folder = re.sub(r"\W+", "-", name)
    first, then = (asked.keep or place / "before") / folder, place / folder
    try:
        before, seconds_before = outputs(asked.before, name, text, first)
        after, seconds_after = outputs(asked.after, name, text, then)
    except subprocess.CalledProcessError:
        return {"failed": f"with the {'newer' if first.exists() else 'older'} tree", "same": False}
    seconds = {"seconds_before": seconds_before, "seconds_after": seconds_after}
    return seconds | compare(before, after)


def absolute(word):
    """Read a path, for processes in any folder."""
    return Path(word).absolute()


def options():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=absolute, help="a folder that holds w2slens/")
    parser.add_argument("after", type=absolute, nargs="?", default=ROOT / "src", help="[src]")
    parser.add_argument("--keep", type=absolute, help="remember here what the first tree gave")
    parser.add_argument("--stores", type=absolute, default=ROOT / "build", help="[build]")
    parser.add_argument("--trials", type=int, help="of the recipes on real features")
    parser.add_argument("--only", default="*", help="a pattern of names")
    return parser.parse_args()


def main():
    asked = options()
    texts = {**dict.fromkeys(JOBS), **recipes(asked.stores, asked.trials)}
    del texts["recipe"]
    rows = {}
    for name in (name for name in texts if fnmatch(name, asked.only)):
        with tempfile.TemporaryDirectory() as place:
            rows[name] = row(name, texts[name], asked, Path(place))
        print(json.dumps({name: rows[name]}, indent=2, ensure_ascii=False), flush=True)
    text = json.dumps({"allowed": ALLOWED, "jobs": rows}, indent=2, ensure_ascii=False)
    if asked.only == "*":
        path = ROOT / "benchmarks" / "results" / "same_numbers.json"
        path.write_text(text + "\n", encoding="utf-8")
    sys.exit(not all(found.get("same", True) for found in rows.values()))


if __name__ == "__main__":
    main()
