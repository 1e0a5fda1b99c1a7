"""CZI files for tests."""

from contextlib import closing

import numpy as np
from pylibCZIrw.czi import create_czi

from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import open_stack
from tests.io.stacks_for_tests import numbered


def read(path, scene=0):
    with closing(open_stack(path, scene)) as stack:
        return stack.read(Region.whole(stack.info.shape))


def write(path):
    """Two scenes; the first is a mosaic of two tiles that overlap; Z begins at 2.

    Returns:
        The tiles, (T, Z, C, 2, Y, X).
    """
    tile = numbered((2, 3, 2, 2, 20, 30), "uint16")
    with create_czi(str(path)) as file:
        for t, z, c in np.ndindex(2, 3, 2):
            plane = {"T": t, "Z": z + 2, "C": c}
            file.write(tile[t, z, c, 0], (100, 50), plane, scene=0)
            file.write(tile[t, z, c, 1], (125, 55), plane, scene=0)
            file.write(tile[t, z, c, 0, :9, :11], (900, 50), plane, "zstd1:", scene=1)
        names = {0: "GFP", 1: "µ-tubulin"}
        file.write_metadata("x", names, scale_x=104e-9, scale_y=104e-9, scale_z=0.3e-6)
    return tile
