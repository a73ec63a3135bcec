"""Arrays, and the numpy that works on them: everybody's `np`, imported with its first use.

A name with a unit or a meaning of its own (`Microseconds`, say) is given where it belongs.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Integers = NDArray[np.int64]
    SmallIntegers = NDArray[np.int8]
    Indices = NDArray[np.intp]
    Marks = NDArray[np.bool_]
    Rows = NDArray[np.void]
else:
    from wattyard.kernel import numpy_later as np

    Numbers = Integers = SmallIntegers = Indices = Marks = Rows = Any

__all__ = ["Indices", "Integers", "Marks", "Numbers", "Rows", "SmallIntegers", "np"]
