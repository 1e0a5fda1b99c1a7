"""Pictures for people: PNG files."""

from pathlib import Path

import imagecodecs
import numpy as np

from gvtstudio.io.atomic import write_bytes


def write_picture(path: Path, picture: np.ndarray, *, overwrite: bool) -> None:
    """Write a picture as PNG.

    Args:
        path: The file.
        picture: (Y, X, 3) uint8.
        overwrite: Whether an existing file may be replaced.

    Raises:
        OutputUnwritable: It exists and may not be replaced, or the place cannot be written.
    """
    encoded = imagecodecs.png_encode(np.ascontiguousarray(picture))
    write_bytes(path, bytes(encoded), overwrite=overwrite)
