"""What is released: the version is the tag's, the wheel is whole and works, the recipe agrees."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.parser import HeaderParser
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = SETTINGS["project"]
PARTS = ("pyproject.toml", "README.md", "LICENSE", ".git_archival.txt", ".gitattributes", "src")

MOST_BYTES = 1_000_000
"""Of a wheel: it has no data."""

AS_CONDA = {"matplotlib": "matplotlib-base"}
"""Packages that conda-forge calls otherwise."""


def run(*words, cwd, **more):
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | more
    known = {"cwd": cwd, "env": env, "capture_output": True, "text": True, "check": False}
    found = subprocess.run([*map(str, words)], **known)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout


def hatch(*words, cwd):
    pytest.importorskip("hatchling", reason="builds with hatchling, of the group dev")
    pytest.importorskip("hatch_vcs", reason="builds with hatch-vcs, of the group dev")
    return run(sys.executable, "-m", "hatchling", *words, cwd=cwd).strip()


def git(*words, cwd):
    who = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    return run("git", *who, *words, cwd=cwd)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """What is built, and nothing else."""
    place = tmp_path_factory.mktemp("release") / "tree"
    place.mkdir()
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        skipped = {"ignore": shutil.ignore_patterns("__pycache__")} if copy != shutil.copy else {}
        copy(ROOT / part, place / part, **skipped)
    return place


@pytest.fixture(scope="module")
def tagged(tree):
    """The same in a repository with a tag."""
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    place = tree.with_name("tagged")
    shutil.copytree(tree, place)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "a"], ["tag", "v0.9.0"]):
        git(*words, cwd=place)
    return place


@pytest.fixture(scope="module")
def built(tagged):
    """A wheel and an sdist of the tag."""
    folder = tagged.with_name("dist")
    hatch("build", "-d", folder, cwd=tagged)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def test_the_tag_is_the_version(tagged, built):
    assert hatch("version", cwd=tagged) == "0.9.0"
    assert [path.name for path in built] == [
        "w2slens-0.9.0-py3-none-any.whl",
        "w2slens-0.9.0.tar.gz",
    ]


def test_what_comes_after_a_tag_is_on_the_way_to_the_next(tagged, tmp_path):
    git("clone", "-q", tagged, tmp_path / "later", cwd=tmp_path)
    git("commit", "-q", "--allow-empty", "-m", "b", cwd=tmp_path / "later")
    assert hatch("version", cwd=tmp_path / "later") == "0.9.1.dev1"


@pytest.mark.parametrize("tags", ["--no-tags", "--tags"])
def test_a_shallow_checkout_has_a_version(tagged, tmp_path, tags):
    git("commit", "-q", "--allow-empty", "-m", "b", cwd=tagged)
    try:
        words = ("clone", "-q", "--depth", "1", tags, f"file://{tagged}", tmp_path / "shallow")
        git(*words, cwd=tmp_path)
    finally:
        git("reset", "-q", "--hard", "v0.9.0", cwd=tagged)
    assert hatch("version", cwd=tmp_path / "shallow").startswith("0.1.dev")


def test_files_without_git_have_a_version(tree, tagged, built, tmp_path):
    assert hatch("version", cwd=tree) == "0.1.dev0"
    git("archive", "--prefix=archive/", "-o", tmp_path / "a.tar", "v0.9.0", cwd=tagged)
    for archive in (tmp_path / "a.tar", built[1]):
        with tarfile.open(archive) as files:
            files.extractall(tmp_path, filter="data")
    assert hatch("version", cwd=tmp_path / "archive") == "0.9.0"
    assert hatch("version", cwd=tmp_path / "w2slens-0.9.0") == "0.9.0"


def test_a_wheel_holds_the_package_and_little_else(built):
    wheel, _ = built
    assert wheel.stat().st_size < MOST_BYTES
    names = zipfile.ZipFile(wheel).namelist()
    source = ROOT / "src" / "w2slens"
    files = {path for path in source.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    package = {str(path.relative_to(ROOT / "src")) for path in files}
    assert {name for name in names if ".dist-info/" not in name} == package
    assert "w2slens/py.typed" in package
    assert sum(name.endswith("licenses/LICENSE") for name in names) == 1


def test_an_sdist_makes_the_same_wheel(built, tmp_path):
    wheel, sdist = built
    with tarfile.open(sdist) as files:
        files.extractall(tmp_path, filter="data")
    hatch("build", "-t", "wheel", "-d", tmp_path, cwd=tmp_path / "w2slens-0.9.0")
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_a_wheel_says_what_the_project_declares(built):
    wheel, _ = built
    text = zipfile.ZipFile(wheel).read("w2slens-0.9.0.dist-info/METADATA").decode()
    said = HeaderParser().parsestr(text)
    extras = {name: set(some) for name, some in PROJECT["optional-dependencies"].items()}
    assert set(said.get_all("Provides-Extra")) == set(extras)
    needed = [Requirement(line) for line in said.get_all("Requires-Dist")]
    declared = [Requirement(line) for line in PROJECT["dependencies"]]
    assert specified(one for one in needed if one.marker is None) == specified(declared)
    assert len([one for one in needed if one.marker]) == sum(map(len, extras.values()))
    assert said["License-Expression"] == PROJECT["license"]


def specified(requirements):
    return {(canonicalize_name(one.name), str(one.specifier)) for one in requirements}


def test_an_installed_wheel_works(built, tmp_path):
    place = tmp_path / "site"
    words = ("pip", "install", "--quiet", "--no-deps", "--no-index", "--target", place, built[0])
    run(sys.executable, "-m", *words, cwd=tmp_path)
    rng = np.random.default_rng(0)
    for name in ("weak", "strong"):
        np.savetxt(tmp_path / f"{name}.csv", rng.standard_normal((300, 6)), delimiter=",")

    def asked(*words):
        command = (sys.executable, "-P", "-m", "w2slens", *words)
        return run(*command, cwd=tmp_path, PYTHONPATH=str(place))

    assert asked("--version").strip() == "w2slens, version 0.9.0"
    assert json.loads(asked("doctor", "--json"))["w2slens"] == "0.9.0"
    sides = ("--weak", "weak.csv", "--strong", "strong.csv")
    assert json.loads(asked("dims", *sides, "--json"))["rows"] == 300
    asked("dims", *sides, "--out", "kept")
    asked("report", "kept")
    page = (tmp_path / "kept" / "report.html").read_text(encoding="utf-8")
    assert "w2slens 0.9.0" in page


providers = cache(packages_distributions)


def modules_of(extra):
    """List what the installed packages of an extra are imported as, and those that are missing."""
    modules, missing = [], []
    for one in map(Requirement, PROJECT["optional-dependencies"][extra]):
        called = canonicalize_name(one.name)
        names = [
            name for name, some in providers().items() if called in map(canonicalize_name, some)
        ]
        if names:
            assert one.specifier.contains(version(one.name)), f"{one} is {version(one.name)}"
            modules.append(min(names, key=len))
        else:
            missing.append(one.name)
    return modules, missing


@pytest.mark.parametrize("extra", PROJECT["optional-dependencies"])
def test_packages_of_an_extra_are_there_and_new_enough(extra):
    _, missing = modules_of(extra)
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")


def test_packages_of_all_extras_import_side_by_side(tmp_path):
    names = {name for extra in PROJECT["optional-dependencies"] for name in modules_of(extra)[0]}
    code = f"import {', '.join(['w2slens', *sorted(names)])}"
    run(sys.executable, "-W", "ignore", "-c", code, cwd=tmp_path)


def test_the_conda_recipe_says_what_the_project_declares():
    recipe = YAML(typ="safe").load(ROOT / "packaging" / "conda" / "recipe.yaml")
    least = recipe["context"]["python_min"]
    assert f">={least}" == PROJECT["requires-python"]
    needed = [Requirement(line) for line in PROJECT["dependencies"]]
    run_time = [f"{AS_CONDA.get(one.name, one.name)} {one.specifier}" for one in needed]
    assert recipe["requirements"]["run"] == ["python >=${{ python_min }}", *run_time]
    build = [Requirement(line) for line in SETTINGS["build-system"]["requires"]]
    assert recipe["requirements"]["host"][2:] == [f"{one.name} {one.specifier}" for one in build]
    assert recipe["build"]["python"]["entry_points"] == [
        f"{name} = {place}" for name, place in PROJECT["scripts"].items()
    ]
    assert recipe["about"]["license"] == PROJECT["license"]
    assert recipe["about"]["summary"] == PROJECT["description"]


def test_the_recipe_of_a_release_is_filled_in(built, tmp_path):
    script = ROOT / "packaging" / "conda" / "fill.py"
    run(sys.executable, script, built[1], tmp_path / "recipe.yaml", cwd=tmp_path)
    recipe = YAML(typ="safe").load(tmp_path / "recipe.yaml")
    assert recipe["context"]["version"] == "0.9.0"
    digest = run("sha256sum", built[1], cwd=tmp_path).split()[0]
    assert recipe["source"]["sha256"] == digest
    assert "RELEASE" not in (tmp_path / "recipe.yaml").read_text(encoding="utf-8")


def test_the_citation_agrees_with_the_project():
    said = YAML(typ="safe").load(ROOT / "CITATION.cff")
    assert said["title"].startswith(f"{PROJECT['name']}: weak-to-strong generalization")
    assert said["license"] == PROJECT["license"]
    assert set(said["keywords"]) <= set(PROJECT["keywords"])
    assert not {"version", "date-released"} & set(said)  # the tag alone says them


def test_lowest_pins_are_the_declared_ones():
    """What `make test-lowest` installs is what the project says that it needs."""
    lines = (ROOT / "requirements" / "lowest.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines)
    for one in map(Requirement, PROJECT["dependencies"]):
        (least,) = one.specifier
        assert least.operator == ">="
        found = pins[canonicalize_name(one.name)]
        assert found.split(".")[: least.version.count(".") + 1] == least.version.split("."), one
