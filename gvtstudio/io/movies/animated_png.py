"""Animated PNG, written frame by frame; nothing is lost."""

import struct
import zlib
from pathlib import Path

import numpy as np

from gvtstudio.io.movies.file_writer import FileWriter
from gvtstudio.io.movies.plan import DrawFrame, MoviePlan

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SUBTRACT_ROW_ABOVE = 2


def open_png(path: Path, plan: MoviePlan, draw: DrawFrame) -> "PngWriter":
    """Begin an animated PNG; it needs to know no frame before the first."""
    return PngWriter(path, plan)


class PngWriter(FileWriter):
    """Writes a movie that is repeated for ever.

    Args:
        path: File to write.
        plan: Size, number and speed of the frames.
    """

    def __init__(self, path: Path, plan: MoviePlan) -> None:
        super().__init__(path)
        self._plan = plan
        self._chunks = 0
        self._is_begun = False
        size = struct.pack(">2I", plan.width, plan.height)
        self._file.write(_SIGNATURE)
        self._write(b"IHDR", size, bytes([8, 2, 0, 0, 0]))
        self._write(b"acTL", struct.pack(">2I", plan.frames, 0))

    def add(self, frame: np.ndarray) -> None:
        """Write the next frame, (height, width, 3) uint8."""
        plan = self._plan
        duration = struct.pack(">2H2B", 1000, round(1000 * plan.fps), 0, 0)
        self._write(
            b"fcTL", self._number(), struct.pack(">4I", plan.width, plan.height, 0, 0), duration
        )
        rows = frame.reshape(plan.height, -1)
        filtered = np.empty((plan.height, rows.shape[1] + 1), dtype=np.uint8)
        filtered[:, 0] = _SUBTRACT_ROW_ABOVE
        filtered[0, 1:] = rows[0]
        filtered[1:, 1:] = rows[1:] - rows[:-1]
        pixels = zlib.compress(filtered.tobytes(), 6)
        if self._is_begun:
            self._write(b"fdAT", self._number(), pixels)
        else:
            self._write(b"IDAT", pixels)
        self._is_begun = True

    def _finish(self) -> None:
        self._write(b"IEND")

    def _number(self) -> bytes:
        """Chunks of an animation are counted."""
        self._chunks += 1
        return struct.pack(">I", self._chunks - 1)

    def _write(self, name: bytes, *parts: bytes) -> None:
        content = b"".join(parts)
        check = struct.pack(">I", zlib.crc32(name + content))
        self._file.write(struct.pack(">I", len(content)) + name + content + check)
