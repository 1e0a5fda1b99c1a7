"""MMStack files of Micro-Manager, written by hand, as its own program lays them out."""

import json
import struct
from pathlib import Path

import numpy as np

_INDEX_MAP, _INDEX_MAP_ENTRIES, _DISPLAY, _COMMENTS, _SUMMARY = (
    54773648, 3453623, 483765892, 99384722, 2355492,
)  # fmt: skip
_LONG, _TEXT = 4, 2
_OF_A_PLANE = b'{"a": 1}\0'


def write_mmstack(path: Path, array: np.ndarray, position: int, summary: dict) -> None:
    """Write (T, Z, C, Y, X), uint16, of one stage position; the pixels follow their directory."""
    text = json.dumps(summary).encode()
    note = 40 + len(text)
    first = note + len(_OF_A_PLANE)
    content = bytearray()
    index = []
    for t, z, c in np.ndindex(array.shape[:3]):
        at = first + len(content)
        index.append((c, z, t, position, at))
        is_last = len(index) == np.prod(array.shape[:3])
        content += _directory(at, array.shape[3:], note, is_last=is_last) + array[t, z, c].tobytes()
    end = first + len(content)
    header = struct.pack("<2sHI", b"II", 42, first)
    header += struct.pack("<IIIIII", _INDEX_MAP, end, _DISPLAY, end, _COMMENTS, end)
    header += struct.pack("<II", _SUMMARY, len(text)) + text + _OF_A_PLANE
    entries = b"".join(struct.pack("<5I", *entry) for entry in index)
    tail = struct.pack("<II", _INDEX_MAP_ENTRIES, len(index)) + entries
    path.write_bytes(header + content + tail)


def _directory(at: int, size: tuple[int, int], note: int, *, is_last: bool) -> bytes:
    """Thirteen tags, 162 bytes: that is what readers of the index map count on."""
    height, width = size
    pixels, byte_count = at + 162, height * width * 2
    numbers = {
        254: 0, 256: width, 257: height, 258: 16, 259: 1, 262: 1, 273: pixels, 274: 1, 277: 1,
        278: height, 279: byte_count, 284: 1,
    }  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, _LONG, 1, n) for tag, n in numbers.items())
    entries += struct.pack("<HHII", 51123, _TEXT, len(_OF_A_PLANE), note)
    after = 0 if is_last else pixels + byte_count
    return struct.pack("<H", 13) + entries + struct.pack("<I", after)
