"""numpy as all modules have it: imported with its first use."""

import subprocess
import sys
from importlib import import_module

import pytest

from wattyard.kernel.arrays import np


def test_whatever_numpy_has_is_numpys_own() -> None:
    whole = import_module("numpy")
    assert np.float64 is whole.float64
    assert np.linalg is whole.linalg


def test_what_numpy_does_not_have_is_missing() -> None:
    with pytest.raises(AttributeError, match="numpy"):
        _ = np.no_such_function


def test_looking_at_the_module_does_not_import_numpy() -> None:
    looked = (
        "import sys; from wattyard.kernel.arrays import Numbers, np;"
        "print(hasattr(np, '__path__'), isinstance(Numbers | None, object), 'numpy' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", looked], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False True False\n"
