"""MP4 files with H.264, written frame by frame with the index in front."""

import struct
from pathlib import Path

import numpy as np

from gvtstudio.io.movies.colours import matrix_for, planes_of
from gvtstudio.io.movies.file_writer import FileWriter
from gvtstudio.io.movies.h264 import CONSTRAINTS, KEY_INTERVAL, PROFILE, Encoder
from gvtstudio.io.movies.plan import DrawFrame, MoviePlan

_UNITY = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_HEAD_OF_DATA = 16
_LARGEST_SHORT = 2**32 - 1


def open_mp4(path: Path, plan: MoviePlan, draw: DrawFrame) -> "Mp4Writer":
    """Begin an MP4; it needs to know no frame before the first."""
    return Mp4Writer(path, plan)


class Mp4Writer(FileWriter):
    """Writes a movie; the place for the index is kept free in front and filled at the end.

    Args:
        path: File to write.
        plan: Size, number and speed of the frames.
    """

    def __init__(self, path: Path, plan: MoviePlan) -> None:
        super().__init__(path)
        self._plan = plan
        matrix = matrix_for(plan.height)
        self._matrix = matrix
        self._encoder = Encoder(plan.even_height, plan.even_width, plan.fps, matrix)
        self._sizes: list[int] = []
        self._begin = len(self._front([0] * plan.frames))
        self._file.write(bytes(self._begin))

    def add(self, frame: np.ndarray) -> None:
        """Write the next frame, (height, width, 3) uint8."""
        unit, _ = self._encoder.encode(planes_of(self._plan.made_even(frame), self._matrix))
        self._file.write(struct.pack(">I", len(unit)) + unit)
        self._sizes.append(4 + len(unit))

    def _finish(self) -> None:
        self._file.seek(0)
        self._file.write(self._front(self._sizes))

    def _front(self, sizes: list[int]) -> bytes:
        """Everything before the first frame; its length does not depend on what the sizes are."""
        kind = _box(b"ftyp", b"isom\0\0\2\0isomiso2avc1mp41")
        index = self._index(sizes, 0)
        begin = len(kind) + len(index) + _HEAD_OF_DATA
        length = sum(sizes) + 8
        if length <= _LARGEST_SHORT:
            head = _box(b"free") + struct.pack(">I4s", length, b"mdat")
        else:
            head = struct.pack(">I4sQ", 1, b"mdat", length + 8)
        return kind + self._index(sizes, begin) + head

    def _index(self, sizes: list[int], begin: int) -> bytes:
        """The box ``moov``: one track, whose frames lie behind one another from ``begin`` on."""
        scale = round(1000 * self._plan.fps)
        duration = 1000 * len(sizes)
        header = _full(b"mvhd", struct.pack(">4I", 0, 0, scale, duration), struct.pack(
            ">IH10x", 0x10000, 0x100), _UNITY, bytes(24), struct.pack(">I", 2))  # fmt: skip
        size = struct.pack(">2I", self._plan.even_width << 16, self._plan.even_height << 16)
        track = _full(
            b"tkhd", struct.pack(">5I", 0, 0, 1, 0, duration), bytes(16), _UNITY, size, flags=3
        )
        media = _full(b"mdhd", struct.pack(">4I2H", 0, 0, scale, duration, 0x55C4, 0))
        handler = _full(b"hdlr", bytes(4), b"vide", bytes(12), b"VideoHandler\0")
        place = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _full(b"url ", flags=1)))
        video = _full(b"vmhd", bytes(8), flags=1)
        information = _box(b"minf", video, place, self._samples(sizes, begin))
        return _box(
            b"moov", header, _box(b"trak", track, _box(b"mdia", media, handler, information))
        )

    def _samples(self, sizes: list[int], begin: int) -> bytes:
        """The box ``stbl``: what the frames are, how long each lasts and where it lies."""
        count = len(sizes)
        keys = range(1, count + 1, KEY_INTERVAL)
        return _box(
            b"stbl",
            _full(b"stsd", struct.pack(">I", 1), self._description()),
            _full(b"stts", struct.pack(">3I", 1, count, 1000)),
            _full(b"stss", struct.pack(f">{len(keys) + 1}I", len(keys), *keys)),
            _full(b"stsc", struct.pack(">4I", 1, 1, count, 1)),
            _full(b"stsz", struct.pack(f">2I{count}I", 0, count, *sizes)),
            _full(b"stco", struct.pack(">2I", 1, begin)),
        )

    def _description(self) -> bytes:
        """The box ``avc1``: size and parameters of the stream."""
        encoder, plan = self._encoder, self._plan
        size = struct.pack(">2H", plan.even_width, plan.even_height)
        fixed = struct.pack(">6xH16x4s2I4xH32xHh", 1, size, 0x480000, 0x480000, 1, 24, -1)
        parameters = struct.pack(">6B", 1, PROFILE, CONSTRAINTS, encoder.level, 0xFF, 0xE1)
        parameters += struct.pack(">H", len(encoder.sequence)) + encoder.sequence
        parameters += struct.pack(">BH", 1, len(encoder.picture)) + encoder.picture
        colours = struct.pack(">4s3HB", b"nclx", self._matrix, self._matrix, self._matrix, 0)
        return _box(b"avc1", fixed, _box(b"avcC", parameters), _box(b"colr", colours))


def _box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), name) + content


def _full(name: bytes, *parts: bytes, flags: int = 0) -> bytes:
    """A box with version 0 and flags."""
    return _box(name, struct.pack(">I", flags), *parts)
