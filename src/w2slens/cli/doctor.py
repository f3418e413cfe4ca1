"""``w2slens doctor``: what this installation has, and what it lacks for what."""

import platform
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Any

import click
from packaging.requirements import Requirement

from w2slens import __version__
from w2slens._core.json import to_json
from w2slens._core.machine import memory
from w2slens._core.threads import cores
from w2slens.cli._help import Command
from w2slens.cli._output import json_option

PURPOSES = {
    "features": "features of images and texts by networks",
    "deep": "fine-tuned networks: finetune",
    "zarr": "features in Zarr arrays, local or behind URLs",
    "safetensors": "features in safetensors, and weights of students as such",
    "dask": "several processes or machines: --scheduler",
    "mlflow": "runs told to MLflow: --tracker mlflow",
    "wandb": "runs told to Weights & Biases: --tracker wandb",
    "tensorboard": "runs told to TensorBoard: --tracker tensorboard",
}
"""Extra → what it is for."""


@click.command("doctor", cls=Command)
@json_option
def command(as_json: bool) -> None:
    """Say which versions, BLAS, threads and extras there are, and what a missing one is for."""
    found = examined()
    if as_json:
        click.echo(to_json(found))
        return
    for line in _lines(found):
        click.echo(line)


def examined() -> dict[str, Any]:
    """Look at this installation."""
    needed = [Requirement(line) for line in requires("w2slens") or ()]
    core = [one for one in needed if one.marker is None]
    extras = {
        name: [one for one in needed if one.marker and one.marker.evaluate({"extra": name})]
        for name in PURPOSES
    }
    return {
        "w2slens": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "executable": sys.executable,
        "cores": cores(),
        "memory_gib": round(memory() / 2**30, 1),
        "blas": _libraries(),
        "gpu": _gpu(),
        "packages": _packages(core),
        "extras": {
            name: {"for": PURPOSES[name], "packages": _packages([*some])}
            for name, some in extras.items()
        },
    }


def _packages(needed: list[Requirement]) -> dict[str, dict[str, Any]]:
    """Look for packages: version, or None, and whether it will do."""
    found: dict[str, dict[str, Any]] = {}
    for one in sorted(needed, key=lambda one: one.name.lower()):
        try:
            have: str | None = version(one.name)
        except PackageNotFoundError:
            have = None
        enough = have is not None and one.specifier.contains(have, prereleases=True)
        found[one.name] = {"version": have, "needed": str(one.specifier), "enough": enough}
    return found


def _libraries() -> list[dict[str, Any]]:
    """List the libraries that multiply matrices, with their threads."""
    from threadpoolctl import threadpool_info

    for user in ("numpy", "scipy.linalg"):
        import_module(user)
    keys = ("internal_api", "version", "num_threads", "filepath")
    return [{key: one.get(key) for key in keys} for one in threadpool_info()]


def _gpu() -> str | None:
    """Name the GPU that networks would run on."""
    try:
        import torch
    except ImportError:
        return None
    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else None


def _lines(found: dict[str, Any]) -> list[str]:
    threads = ", ".join(
        f"{one['internal_api']} {one['version'] or ''}".strip() + f" × {one['num_threads']}"
        for one in found["blas"]
    )
    lines = [
        f"w2slens {found['w2slens']}, Python {found['python']}, {found['platform']}",
        f"{found['cores']} cores, {found['memory_gib']:g} GiB, GPU: {found['gpu'] or 'none'}",
        f"BLAS and threads: {threads or 'none found'}",
        "",
        *_told("", found["packages"]),
    ]
    for name, extra in found["extras"].items():
        packages = extra["packages"].values()
        ready = bool(packages) and all(one["enough"] for one in packages)
        mark = "✓" if ready else "–"
        lines.append(f"{mark} {name}: {extra['for']}")
        lines += _told("  ", extra["packages"])
        if not ready:
            lines.append(f"  pip install 'w2slens[{name}]'")
    return lines


def _told(indent: str, packages: dict[str, dict[str, Any]]) -> list[str]:
    """Write good packages on a line, each other one on its own."""
    good = [f"{name} {one['version']}" for name, one in packages.items() if one["enough"]]
    lines = [f"{indent}{', '.join(good)}"] if good else []
    for name, one in packages.items():
        if not one["enough"]:
            have = one["version"] or "missing"
            lines.append(f"{indent}{name}: {have}, needs {one['needed'] or 'any version'}")
    return lines
