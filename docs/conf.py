"""The site: `make docs` builds it, with warnings as errors."""

import os
import sys
from pathlib import Path

import w2slens

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

project = "w2slens"
author = "the authors of w2slens"
release = w2slens.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "mathml",
    "numpydoc",
    "myst_parser",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["examples", "results/*.in"]
templates_path = ["_templates"]
default_role = "code"

myst_enable_extensions = ["amsmath", "attrs_inline", "dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autodoc_typehints = "none"
# What scikit-learn says of these methods refers to pages of its own.
autodoc_default_options = {
    "exclude-members": "get_metadata_routing, set_fit_request, set_score_request"
}
numpydoc_show_class_members = False

html_math_renderer = "mathml"
html_theme = "furo"
html_title = "w2slens"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0072B2", "color-brand-content": "#0072B2"},
    "dark_css_variables": {"color-brand-primary": "#56B4E9", "color-brand-content": "#56B4E9"},
}

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"plot_",
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 10,
    "image_scrapers": ("matplotlib",),
    "reset_modules": ("matplotlib", "strict.warnings_are_errors"),
    "reset_modules_order": "both",
    "write_computation_times": False,
}

ELSEWHERE = {
    "](CHANGELOG.md)": "](docs/changelog.md)",
    "](docs/examples)": "](docs/gallery/index.rst)",
    "[benchmarks and their results](benchmarks)": "benchmarks and their results (`benchmarks/`)",
}
"""Links of the README that lead to a page of another name here, or to none."""


def link_to_pages(app, path, docname, source):
    """Let links of pages above docs/ lead to pages of the site."""
    if HERE not in (HERE / path).resolve().parents:
        for there, here in ELSEWHERE.items():
            source[0] = source[0].replace(there, here)


def setup(app):
    """Connect what changes pages as they are read."""
    app.connect("include-read", link_to_pages)
