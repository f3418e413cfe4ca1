"""Fill the template of a results page."""

from pathlib import Path

HERE = Path(__file__).parent


def write_page(name, **values):
    """Write NAME.md out of NAME.md.in, where @key@ stands for a value."""
    text = (HERE / f"{name}.md.in").read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    (HERE / f"{name}.md").write_text(text, encoding="utf-8")
