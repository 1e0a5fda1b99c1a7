"""Memory that tiles free is given to the next tile, not to the system and back.

The C library of Linux asks the system for every block above 32 MB anew, which hands out its pages
one by one, each cleared: a sixth of the time of a prediction in float32 went there.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
_USUAL = {_MMAP_MAX: 65536, _MMAP_THRESHOLD: 128 * 1024, _TRIM_THRESHOLD: 128 * 1024}
_NEVER_TRIM = 2**31 - 1


@contextmanager
def freed_memory_reused() -> Iterator[None]:
    """Hold on to freed memory inside the block and give it back afterwards; only with glibc."""
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(_MMAP_MAX, 0)
    library.mallopt(_TRIM_THRESHOLD, _NEVER_TRIM)
    try:
        yield
    finally:
        for option, value in _USUAL.items():
            library.mallopt(option, value)
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """The library of this process, where it has both calls."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None
