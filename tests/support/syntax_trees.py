"""No garbage is collected while Python makes a syntax tree.

Until 3.11.8, and in 3.12 until 3.12.2, Python counts the depth of all trees in the making with one
counter (python/cpython issue 106905). A collection in the midst of one runs finalizers, and one
that prints a traceback makes a tree too: a `SystemError` then meets whoever made the first, which
in a run of tests is an import, a sweep over sources or Hypothesis.
"""

import ast
import functools
import gc
import sys
import threading
from typing import Any

HAS_ONE_COUNTER = sys.version_info < (3, 11, 8) or (3, 12) <= sys.version_info < (3, 12, 2)
_parse = ast.parse
_one_at_a_time = threading.RLock()
"""So that no thread permits collections again while another makes a tree."""


@functools.wraps(_parse)
def parse_uncollected(*arguments: Any, **options: Any) -> Any:
    """Make a syntax tree like `ast.parse`, with garbage left where it is until the tree is made."""
    with _one_at_a_time:
        collects = gc.isenabled()
        gc.disable()
        try:
            return _parse(*arguments, **options)
        finally:
            if collects:
                gc.enable()


if HAS_ONE_COUNTER:
    ast.parse = parse_uncollected
