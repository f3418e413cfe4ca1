"""Images: folders of files, and the IDX files of MNIST and its relatives."""

from __future__ import annotations

import gzip
import io
import math
import re
import struct
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from w2slens._core import check
from w2slens._core.errors import InputError, first_line, needing
from w2slens._core.inputs import regular
from w2slens.features.corpora.corpus import BrokenExampleError, Corpus
from w2slens.features.digits import bundled_digits

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
"""Files of a folder that are taken for images."""

IDX_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
"""Type codes of the IDX format."""

Bundled = Literal["digits"]
BUNDLED = get_args(Bundled)
"""Images that packages bring."""


def folder_images(folder: str | Path, *, label: str | None = None) -> Corpus:
    r"""Take all images below a folder, in the order of their paths.

    Parameters
    ----------
    folder
        Its subfolders are searched, too.
    label
        A regular expression whose first group, found in the file's name, is the label as a number
        (UTKFace's age: ``"^(\d+)_"``). Default: the subfolder's place among the subfolders.

    Raises
    ------
    InputError
        If there is no image, or no label in a name.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InputError("images", f"{root} is not a folder")
    paths = sorted(path for path in root.rglob("*") if path.suffix.lower() in ENDINGS)
    if not paths:
        raise InputError("images", f"{root} holds no file that ends in {', '.join(ENDINGS)}")
    ids = [path.relative_to(root).as_posix() for path in paths]
    source = {"folder": str(folder), "label": label}
    labels = _labels_of(paths, root, label)
    return Corpus("image", ids, lambda i: decode(paths[i], paths[i].name), source, labels)


def _labels_of(paths: Sequence[Path], root: Path, label: str | None) -> NDArray[Any] | None:
    if label is None:
        if any(path.parent == root for path in paths):
            return None
        names = [path.relative_to(root).parts[0] for path in paths]
        return np.asarray(np.unique(names, return_inverse=True)[1])
    try:
        pattern = re.compile(label)
    except re.error as error:
        raise InputError("label", f"is {label!r}, no regular expression ({error})") from None
    matches = [pattern.search(path.name) for path in paths]
    if pattern.groups < 1:
        raise InputError("label", f"is {label!r}; a group, in parentheses, is needed")
    found = [match and match.group(1) for match in matches]
    for path, text in zip(paths, found, strict=True):
        if text is None:
            raise InputError("label", f"{label!r} finds no group in {path.name!r}")
        if not _is_number(text):
            raise InputError("label", f"{label!r} finds {text!r} in {path.name!r}, no number")
    return np.array(found, dtype=np.float64)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def decode(stored: Path | bytes, name: str) -> NDArray[np.uint8]:
    """Decode an image file, or its content, as RGB."""
    with needing("pillow", "reading image files"):
        from PIL import Image
    if isinstance(stored, Path) and not stored.is_file():
        raise BrokenExampleError(f"{name} is no regular file")
    try:
        with (
            warnings.catch_warnings(action="ignore"),  # of metadata, mostly
            Image.open(io.BytesIO(stored) if isinstance(stored, bytes) else stored) as image,
        ):
            return np.asarray(image.convert("RGB"))
    except MemoryError:
        raise
    except Exception as error:  # what a damaged file makes of its decoder
        raise BrokenExampleError(f"{name} cannot be decoded ({first_line(error)})") from None


def idx_images(images: str | Path, labels: str | Path | None = None) -> Corpus:
    """Take the grey images of an IDX file, plain or gzipped, as MNIST and Fashion-MNIST ship.

    Parameters
    ----------
    images, labels
        Files of (images, height, width) pixels and of (images,) classes.

    Raises
    ------
    InputError
        If a file is damaged or the two differ in length.
    """
    pixels = read_idx(images, "images")
    if pixels.ndim != 3 or 0 in pixels.shape:
        raise InputError("images", f"{images} has shape {pixels.shape}; grey images are needed")
    classes = None if labels is None else read_idx(labels, "labels")
    if classes is not None and classes.shape != pixels.shape[:1]:
        raise InputError("labels", f"has shape {classes.shape}; there are {len(pixels):,} images")
    if classes is not None:
        check.finite(classes, "labels")
    source = {"idx": str(images), "labels": None if labels is None else str(labels)}
    return _grey(pixels, classes, source)


def bundled_images(bundled: Bundled) -> Corpus:
    """Take images that a package brings.

    Parameters
    ----------
    bundled
        ``"digits"``: those of scikit-learn, 8 × 8, with classes 0 to 9.
    """
    check.choice(bundled, "bundled", BUNDLED)
    pixels, classes = bundled_digits()
    return _grey(np.round(pixels * (255 / 16)).astype(np.uint8), classes, {"bundled": bundled})


def _grey(pixels: NDArray[Any], classes: NDArray[Any] | None, source: dict[str, Any]) -> Corpus:
    """Make a corpus of (images, height, width) grey images, shown as RGB."""
    return Corpus(
        "image",
        [str(i) for i in range(len(pixels))],
        lambda i: np.repeat(pixels[i][:, :, None], 3, axis=2),
        source,
        None if classes is None else classes.astype(np.int64),
    )


def read_idx(path: str | Path, argument: str) -> NDArray[Any]:
    """Read an IDX file into an array."""
    try:
        content = regular(Path(path), argument).read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(argument, f"{path} cannot be read ({error})") from None
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in IDX_TYPES:
        raise InputError(argument, f"{path} is not an IDX file")
    kind, axes = np.dtype(IDX_TYPES[content[2]]), content[3]
    if len(content) < 4 + 4 * axes:
        raise InputError(argument, f"{path} is cut short: the sizes of its {axes} axes are missing")
    shape = struct.unpack_from(f">{axes}I", content, 4)
    needed = 4 + 4 * axes + math.prod(shape) * kind.itemsize
    if len(content) != needed:
        raise InputError(
            argument,
            f"{path} is cut short or has more than it says: {len(content):,} bytes, and {needed:,} "
            f"make shape {shape}",
        )
    return np.frombuffer(content, kind, offset=4 + 4 * axes).reshape(shape)
