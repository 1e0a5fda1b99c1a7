"""TIFF files that the library reads but does not write, byte by byte."""

import struct
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_OFFSET, _SAMPLES, _ROWS, _COUNT = 273, 277, 278, 279


def write_tiff(
    path: Path,
    data: bytes,
    size: tuple[int, int],
    bits: int,
    tags: Mapping[int, tuple[int, ...]] = MappingProxyType({}),
    byteorder: str = "<",
) -> Path:
    """One page of one strip.

    Args:
        path: To write.
        data: The strip, packed already.
        size: Height and width.
        bits: Of a sample.
        tags: Further tags, whole numbers all; those above 65535 take more bytes.
        byteorder: Of everything but the strip.
    """
    samples = tags.get(_SAMPLES, (1,))[0]
    known: dict[int, tuple[int, ...]] = {
        _WIDTH: (size[1],), _HEIGHT: (size[0],), _BITS: (bits,) * samples, _COMPRESSION: (1,),
        _PHOTOMETRIC: (1,), _OFFSET: (1 << 16,), _SAMPLES: (samples,), _ROWS: (size[0],),
        _COUNT: (len(data),), **tags,
    }  # fmt: skip
    end = 8 + 2 + 12 * len(known) + 4
    far = b"".join(_values(v, byteorder) for v in known.values() if len(_values(v, byteorder)) > 4)
    known[_OFFSET] = (end + len(far) + (1 << 16),)
    rows, blobs = b"", b""
    for code in sorted(known):
        values = _values(known[code], byteorder)
        if len(values) > 4:
            values, blobs = struct.pack(f"{byteorder}I", end + len(blobs)), blobs + values
        kind = 4 if max(known[code]) > 65535 else 3
        rows += struct.pack(f"{byteorder}HHI", code, kind, len(known[code])) + values.ljust(
            4, b"\0"
        )
    magic = b"II*\0" if byteorder == "<" else b"MM\0*"
    head = magic + struct.pack(f"{byteorder}IH", 8, len(known)) + rows + bytes(4) + blobs
    # far enough away that its place is a long number
    path.write_bytes(head + bytes(known[_OFFSET][0] - len(head)) + data)
    return path


def _values(values: tuple[int, ...], byteorder: str) -> bytes:
    return struct.pack(f"{byteorder}{len(values)}{'I' if max(values) > 65535 else 'H'}", *values)


def packed_bits(array: np.ndarray, bits: int) -> bytes:
    """Rows of numbers with only so many bits each, the highest first, each row in whole bytes."""
    places = np.arange(bits)[::-1]
    single = (array[..., None].astype(np.uint64) >> places.astype(np.uint64)) & np.uint64(1)
    return np.packbits(single.reshape(len(array), -1).astype(np.uint8), axis=1).tobytes()
