"""``python -m w2slens``."""

from w2slens.cli import main

main()
