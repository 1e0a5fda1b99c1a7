"""CZI files for tests."""

import struct
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


def write_pyramid(path, array, steps=(2, 4), packing=""):
    """Two tiles beside each other, and coarser copies of both together, one piece each.

    The library writes no pyramids: what it wrote as small images is then called large ones, of
    which only every so manieth pixel is stored.

    Args:
        path: To write.
        array: (T, Z, C, Y, X).
        steps: Of the copies, whose voxels are higher by this number than those of the image.
        packing: As the library calls it.
    """
    height, width = array.shape[3:]
    half = width // 2
    copies = {step: array[..., ::step, ::step] + step for step in steps}
    copies = {s: c[..., : height // s, : width // s].astype(array.dtype) for s, c in copies.items()}
    with create_czi(str(path)) as file:
        for t, z, c in np.ndindex(array.shape[:3]):
            plane = {"T": t, "Z": z, "C": c}
            for left, right in ((0, half), (half, width)):
                tile = np.ascontiguousarray(array[t, z, c, :, left:right])
                file.write(tile, (100 + left, 50), plane, packing, scene=0)
            for copy in copies.values():
                file.write(np.ascontiguousarray(copy[t, z, c]), (100, 50), plane, packing, scene=0)
        file.write_metadata("x", scale_x=104e-9, scale_y=104e-9, scale_z=0.3e-6)
    sizes = {copy.shape[:2:-1]: step for step, copy in copies.items()}
    content = bytearray(path.read_bytes())
    position = content.find(b"DV")
    while position >= 0:
        _stretch(content, position, sizes)
        position = content.find(b"DV", position + 2)
    path.write_bytes(content)
    return copies


def _stretch(content, entry, sizes):
    """Say of a small image at an entry that it is a copy of a larger one."""
    (count,) = struct.unpack_from("<i", content, entry + 28)
    if not 0 < count < 12:  # other bytes that happen to be those two letters
        return
    places = {}
    for i in range(count):
        axis, _, size = struct.unpack_from("<4sii", content, entry + 32 + 20 * i)
        places[axis.rstrip(b"\0")] = (entry + 40 + 20 * i, size)
    step = sizes.get(tuple(places.get(axis, (0, 0))[1] for axis in (b"X", b"Y")))
    if step:
        for position, size in (places[b"X"], places[b"Y"]):
            struct.pack_into("<ifi", content, position, size * step, 0.0, size)
        content[entry + 22] = 2
