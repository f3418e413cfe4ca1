"""A run as one self-contained HTML page: results → dict → template.

Drawing starts slowly: names load on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"page": ["render"]})
