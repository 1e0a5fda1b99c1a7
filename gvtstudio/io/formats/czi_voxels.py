"""The voxels of one dataset of a CZI, read by libCZI."""

from typing import BinaryIO

import numpy as np
from pylibCZIrw.czi import CziReader

from gvtstudio.domain.region import Span
from gvtstudio.io.formats.czi_directory import Piece, check_piece
from gvtstudio.io.formats.czi_layout import CziScene, samples_of


class CziVoxels:
    """Reads planes; tiles of a mosaic are put together as ZEN shows them.

    Args:
        reader: Of the whole file; closed together with its voxels.
        scene: The dataset.
        file: The same file, to check pieces in.
        file_bytes: Its size.
        step: Of the coarser copy that is read; 1 for the image itself.
    """

    def __init__(
        self, reader: CziReader, scene: CziScene, file: BinaryIO, file_bytes: int, step: int
    ) -> None:
        self._reader = reader
        self._scene = scene
        self._file = file
        self._file_bytes = file_bytes
        self._step = step
        self._checked: set[int] = set()
        # for each channel of ours: index along C, pixel type, sample (blue is stored first)
        self._channels = [
            (index, kind, samples_of(kind) - 1 - sample)
            for index, kind in scene.channels
            for sample in range(samples_of(kind))
        ]

    def read(self, index: tuple[int, int, int], y: Span, x: Span) -> np.ndarray:
        """Rows and columns of the plane at (t, z, c), as (Y, X); 0 where no tile lies."""
        channel, pixel_type, sample = self._channels[index[2]]
        t, z = (first + i for first, i in zip(self._scene.start, index[:2], strict=True))
        left, top, _, _ = self._scene.rectangle
        step = self._step
        for planes in (self._scene.planes, self._scene.coarse_planes):
            for piece in planes.get((t, z, channel), []):
                self._check(piece)
        found: np.ndarray = self._reader.read(
            roi=(
                left + x[0] * step,
                top + y[0] * step,
                (x[1] - x[0]) * step,
                (y[1] - y[0]) * step,
            ),
            plane={**self._scene.place, "T": t, "Z": z, "C": channel},
            scene=self._scene.place.get("S"),
            zoom=1 / step,
            pixel_type=pixel_type,
        )
        return found[:, :, sample]

    def _check(self, piece: Piece) -> None:
        if piece.position not in self._checked:
            check_piece(self._file, self._file_bytes, piece)
            self._checked.add(piece.position)

    def close(self) -> None:
        """Free the file."""
        self._reader.close()
        self._file.close()
