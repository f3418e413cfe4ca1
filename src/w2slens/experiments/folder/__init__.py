"""The folder of a result: one owner of its files, lock, journal and reading back."""
