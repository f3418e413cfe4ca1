"""A run as one self-contained HTML page: results → dict → template."""

from w2slens.report.page import render

__all__ = ["render"]
