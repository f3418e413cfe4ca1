"""The recipe of a release: its version and the checksum of its sdist, filled in."""

import hashlib
import sys
from pathlib import Path

RECIPE = Path(__file__).with_name("recipe.yaml")


def filled(sdist: Path) -> str:
    """Return the recipe of an sdist."""
    version = sdist.name.removeprefix("w2slens-").removesuffix(".tar.gz")
    checksum = hashlib.sha256(sdist.read_bytes()).hexdigest()
    text = RECIPE.read_text(encoding="utf-8").split("\n", 1)[1]
    return text.replace('version: "RELEASE"', f'version: "{version}"').replace(
        "sha256: RELEASE", f"sha256: {checksum}"
    )


if __name__ == "__main__":
    sdist, out = map(Path, sys.argv[1:])
    out.write_text(filled(sdist), encoding="utf-8")
