"""The version of what is installed, which its tag decided when it was built."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("w2slens")
except PackageNotFoundError:  # files that nobody installed
    __version__ = "0+unknown"
