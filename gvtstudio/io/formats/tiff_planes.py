"""Reads rectangles of TIFF pages and nothing else of the file.

Uncompressed pages are read row by row at their offset; of the others only the strips or tiles
that touch the rectangle are read and decoded. Plain reads, not memory maps: when a network share
vanishes, a read fails with an error, while a mapped page ends the process.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from tifffile import COMPRESSION, FileCache, TiffFrame, TiffPage, TiffPageSeries

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.region import Span

# JPEG variants that tifffile cannot decode strip by strip.
_WHOLE_PAGE_COMPRESSIONS = {6}
# Jetraw, whose decoder is not free.
_NOT_UNPACKED = {48124}
_OPEN_FILES = 16


class PageReader:
    """Pages of one series.

    Args:
        series: Of an open TIFF; its pages may lie in several files.
        page_sizes: A page as (axes before Y, Y, X, axes after X).
    """

    def __init__(self, series: TiffPageSeries, page_sizes: tuple[int, int, int, int]) -> None:
        self._series = series
        self._sizes = page_sizes
        self._files = FileCache(_OPEN_FILES)
        self._dtype = np.dtype(series.dtype)

    def read(self, page_index: int, rows: Span, columns: Span) -> np.ndarray:
        """A rectangle of a page, (axes before Y, Y, X, axes after X), in native byte order.

        A page that is missing in the file is read as zeros.
        """
        offset = self._series.dataoffset
        if offset is not None:
            page_bytes = int(np.prod(self._sizes, dtype=np.int64)) * self._dtype.itemsize
            return self._read_rows(
                self._series.keyframe, offset + page_index * page_bytes, rows, columns
            )
        page = self._series[page_index]
        if page is None:
            return self._empty(rows, columns)
        handle = page.parent.filehandle
        self._files.open(handle)
        try:
            if page.is_final:
                return self._read_rows(page, page.dataoffsets[0], rows, columns)
            return self._decode(page, rows, columns)
        finally:
            self._files.close(handle)

    def is_complete(self) -> bool:
        """Whether the files are long enough for every page they announce."""
        series = self._series
        if series.dataoffset is not None:
            size = int(np.prod(series.get_shape(squeeze=False), dtype=np.int64))
            end = series.dataoffset + size * self._dtype.itemsize
            return bool(end <= series.keyframe.parent.filehandle.size)
        return all(page is None or _fits_its_file(page) for page in series)

    def close(self) -> None:
        """Close the files this reader opened."""
        self._files.clear()

    def _empty(self, rows: Span, columns: Span) -> np.ndarray:
        before, _, _, after = self._sizes
        return np.zeros((before, rows[1] - rows[0], columns[1] - columns[0], after), self._dtype)

    def _read_rows(
        self, page: TiffPage | TiffFrame, offset: int, rows: Span, columns: Span
    ) -> np.ndarray:
        """Whole rows of uncompressed data, cropped to the columns."""
        before, height, width, after = self._sizes
        row_length = width * after
        result = self._empty(rows, (0, width))
        stored = self._dtype.newbyteorder(page.parent.byteorder)
        for i in range(before):
            start = offset + (i * height + rows[0]) * row_length * self._dtype.itemsize
            block = page.parent.filehandle.read_array(
                stored, (rows[1] - rows[0]) * row_length, start
            )
            result[i] = block.reshape(rows[1] - rows[0], width, after)
        return result[:, :, columns[0] : columns[1]]

    def _decode(self, page: TiffPage | TiffFrame, rows: Span, columns: Span) -> np.ndarray:
        """The strips or tiles that touch the rectangle, put together."""
        keyframe = self._series.keyframe
        if keyframe.compression in _WHOLE_PAGE_COMPRESSIONS or keyframe.is_subsampled:
            whole = page.asarray(squeeze=False).reshape(self._sizes)
            return whole[:, rows[0] : rows[1], columns[0] : columns[1]]
        result = self._empty(rows, columns)
        for segment, (sample, depth, y, x) in self._segments(page, rows, columns):
            before = sample * keyframe.imagedepth + depth
            _paste(segment, result[before : before + segment.shape[0]], y - rows[0], x - columns[0])
        return result

    def _segments(
        self, page: TiffPage | TiffFrame, rows: Span, columns: Span
    ) -> Iterator[tuple[np.ndarray, tuple[int, int, int, int]]]:
        """Decoded segments, (depth, Y, X, samples), with their (sample, depth, Y, X)."""
        keyframe = self._series.keyframe
        tables: dict[str, Any] = {}
        if keyframe.compression in {7, 34892, 33007}:
            tables = {"jpegtables": page.jpegtables, "jpegheader": keyframe.jpegheader}
        indices = _touched_segments(keyframe, rows, columns)
        handle = page.parent.filehandle
        encoded = handle.read_segments(
            [page.dataoffsets[i] for i in indices],
            [page.databytecounts[i] for i in indices],
            indices,
        )
        for data, index in encoded:
            segment, position, shape = keyframe.decode(data, index, **tables)
            if segment is None:
                # Sparse files leave out segments that hold nothing.
                segment = np.full(shape, keyframe.nodata, self._dtype)
            depth = keyframe.imagedepth - position[1]
            height, width = keyframe.imagelength - position[2], keyframe.imagewidth - position[3]
            yield segment[:depth, :height, :width], position[:4]


def refuse_packing(page: TiffPage, path: Path) -> None:
    """Raise where the library has no way to unpack a page.

    Raises:
        FileUnreadable: It has none.
    """
    try:
        page.decode(None, 0)  # of a part that was left out
    except (ValueError, NotImplementedError) as error:
        reason = str(error)
    else:
        reason = ""
    if "COMPRESSION" in reason or page.compression in _NOT_UNPACKED:
        number = page.compression
        known = number in {int(kind) for kind in COMPRESSION}
        reason = COMPRESSION(number).name if known else f"compression {number}"
    if reason:
        raise FileUnreadable(
            f"{path.name} is stored in a way that cannot be read ({reason}).",
            "Save it in the program that wrote it without compression, or packed as LZW or ZIP.",
        )


def _fits_its_file(page: TiffPage | TiffFrame) -> bool:
    """Whether the last strip or tile of a page lies inside the file."""
    if len(page.dataoffsets) == 0:
        return False
    return bool(page.dataoffsets[-1] + page.databytecounts[-1] <= page.parent.filehandle.size)


def _touched_segments(page: TiffPage, rows: Span, columns: Span) -> list[int]:
    """Indices of the strips or tiles that touch the rectangle, in the file's order."""
    if page.is_tiled:
        height, width = page.tilelength, page.tilewidth
        layers = -(-page.imagedepth // page.tiledepth)
    else:
        height, width = page.rowsperstrip, page.imagewidth
        layers = page.imagedepth
    # Planar samples are stored one after the other, each like an image of its own.
    layers *= page.samplesperpixel if page.planarconfig == 2 else 1
    down, across = -(-page.imagelength // height), -(-page.imagewidth // width)
    return [
        (layer * down + i) * across + j
        for layer in range(layers)
        for i in range(rows[0] // height, -(-rows[1] // height))
        for j in range(columns[0] // width, -(-columns[1] // width))
    ]


def _paste(segment: np.ndarray, target: np.ndarray, y: int, x: int) -> None:
    """Copy the part of a segment that lies inside the target, (depth, Y, X, samples) both."""
    top, left = max(y, 0), max(x, 0)
    bottom = min(y + segment.shape[1], target.shape[1])
    right = min(x + segment.shape[2], target.shape[2])
    target[:, top:bottom, left:right] = segment[:, top - y : bottom - y, left - x : right - x]
