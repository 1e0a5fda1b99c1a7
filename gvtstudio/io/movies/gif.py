"""Animated GIF, written frame by frame with one palette.

Pillow compresses the pixels; its own writer of animations would keep all frames in memory.
"""

import struct
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from gvtstudio.io.movies.file_writer import FileWriter
from gvtstudio.io.movies.palette import COLOURS, Palette
from gvtstudio.io.movies.plan import DrawFrame, MoviePlan

_SAMPLED = 8
_HEADER, _TABLE = 13, 3 * COLOURS
_FOREVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
_KEEP_WHAT_IS_THERE = 0x04
_COMMON_TABLE, _OWN_TABLE = 0xF7, 0x87


def open_gif(path: Path, plan: MoviePlan, draw: DrawFrame) -> "GifWriter":
    """Begin a GIF with the colours of frames from all over the movie."""
    chosen = np.unique(np.linspace(0, plan.frames - 1, _SAMPLED).round().astype(int))
    return GifWriter(path, plan, Palette(draw(int(number)) for number in chosen))


class GifWriter(FileWriter):
    """Writes a movie that is repeated for ever.

    Args:
        path: File to write.
        plan: Size, number and speed of the frames.
        palette: The colours of all frames.
    """

    def __init__(self, path: Path, plan: MoviePlan, palette: Palette) -> None:
        super().__init__(path)
        self._plan = plan
        self._palette = palette
        self._before: np.ndarray | None = None
        self._count = 0
        size = struct.pack("<2H", plan.width, plan.height)
        self._file.write(b"GIF89a" + size + bytes([_COMMON_TABLE, 0, 0]))
        self._file.write(_table(palette) + _FOREVER)

    def add(self, frame: np.ndarray) -> None:
        """Write the part of the next frame that differs, (height, width, 3) uint8.

        Where all grays are exact and a frame shows more, such as a voxel that is NaN, the frame has
        colours of its own.
        """
        rows, columns = _changed(self._before, frame)
        self._before = frame
        part = np.ascontiguousarray(frame[slice(*rows), slice(*columns)])
        palette = self._palette if self._palette.fits(part) else Palette([part])
        own = b"" if palette is self._palette else _table(palette)
        place = (columns[0], rows[0], part.shape[1], part.shape[0])
        delay = self._hundredths(self._count + 1) - self._hundredths(self._count)
        self._count += 1
        self._file.write(
            struct.pack("<4BH2B", 0x21, 0xF9, 4, _KEEP_WHAT_IS_THERE, delay, 0, 0)
            + struct.pack("<B4HB", 0x2C, *place, _OWN_TABLE if own else 0)
            + own
            + _compressed(palette.indices(part))
        )

    def _hundredths(self, frame: int) -> int:
        """When a frame begins: rounded one by one, they would add up to another speed."""
        return round(100 * frame / self._plan.fps)

    def _finish(self) -> None:
        self._file.write(b";")


def _table(palette: Palette) -> bytes:
    colours = palette.colours.tobytes()
    return colours + bytes(_TABLE - len(colours))


def _changed(
    before: np.ndarray | None, after: np.ndarray
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns around everything that differs; one pixel where nothing does."""
    if before is None:
        return (0, after.shape[0]), (0, after.shape[1])
    differs = (before != after).any(axis=2)
    rows, columns = (np.flatnonzero(differs.any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        return (0, 1), (0, 1)
    return (int(rows[0]), int(rows[-1]) + 1), (int(columns[0]), int(columns[-1]) + 1)


def _compressed(indices: np.ndarray) -> bytes:
    """The pixels as GIF has them: what Pillow writes behind the place of the picture."""
    buffer = BytesIO()
    Image.fromarray(indices).save(buffer, "GIF", optimize=False, interlace=False)
    data = buffer.getvalue()
    begin = data.index(b",", _HEADER + _TABLE) + 10
    return data[begin:-1]
