"""What the system reports, in words; the errors are made as the system makes them."""

import errno
import os
from pathlib import Path

import pytest

from gvtstudio.io.failures import unreadable, unwritable

PATH = Path("/data/Ünï/cell.tif")


def system_error(number: int) -> OSError:
    """The subclass of OSError that Python raises for an error number."""
    return OSError(number, os.strerror(number), str(PATH))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOENT, "was not found"),
        (errno.EACCES, "may not be read by you"),
        (errno.EISDIR, "is a folder"),
        (errno.EIO, "could not be read"),
        (errno.ESTALE, "could not be read"),
    ],
)
def test_reading(number, words):
    error = unreadable(PATH, system_error(number))
    assert words in error.message
    assert "cell.tif" in error.message
    assert error.remedy.endswith(".")
    assert error.exit_code == 3


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk became full"),
        (errno.EDQUOT, "disk became full"),
        (errno.EFBIG, "larger than this drive"),
        (errno.EACCES, "no permission"),
        (errno.EROFS, "no permission"),
        (errno.ENOENT, "no folder"),
        (errno.ENOTDIR, "no folder"),
        (errno.EIO, "could not be written"),
    ],
)
def test_writing(number, words):
    error = unwritable(PATH, system_error(number))
    assert words in error.message
    assert "cell.tif" in error.message
    assert error.remedy.endswith(".")
    assert error.exit_code == 4
