"""What a training makes of one crop, read for the screen."""

from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from PySide6.QtCore import QObject, QThreadPool, Signal

from gvtstudio.domain.errors import GvtError
from gvtstudio.domain.region import Region
from gvtstudio.imaging.contrast import Limits, summarise
from gvtstudio.io.stacks import open_stack

INPUT = "input"


class CropImage(msgspec.Struct, frozen=True, eq=False):
    """One image of the crop.

    Args:
        name: ``input``, ``now`` or ``target``.
        pixels: (Y, X), uint8: the middle plane, as it is shown.
    """

    name: str
    pixels: np.ndarray


class TrainingCrop(msgspec.Struct, frozen=True, eq=False):
    """The crop after a validation.

    Args:
        path: File it was read from.
        images: In the order in which they are looked at.
    """

    path: str
    images: tuple[CropImage, ...]


def read_crop(path: Path) -> TrainingCrop:
    """The middle plane of every image of a crop; what is there now has the contrast of the target.

    Raises:
        GvtError: The file is damaged or has been thinned out.
    """
    stack = open_stack(path)
    try:
        names = [channel.name for channel in stack.info.channels]
        region = Region.whole(stack.info.shape).only(t=0, z=stack.info.shape[1] // 2)
        planes = stack.read(region)[0, 0]
    finally:
        stack.close()
    common = summarise(planes[-1]).auto
    return TrainingCrop(
        str(path),
        tuple(
            CropImage(name, _shown(plane, summarise(plane).auto if name == INPUT else common))
            for name, plane in zip(names, planes, strict=True)
        ),
    )


def _shown(plane: np.ndarray, limits: Limits) -> np.ndarray:
    share = (plane.astype(np.float32) - limits.low) / (limits.high - limits.low)
    pixels: np.ndarray = (np.nan_to_num(share).clip(0, 1) * 255).astype(np.uint8)
    return pixels


class CropReader(QObject):
    """Reads crops beside the window.

    Args:
        parent: Qt parent.
    """

    crop_read = Signal(object)
    """The ``TrainingCrop``; nothing comes of a file that has gone meanwhile."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def read(self, path: str) -> None:
        """Read a crop."""
        self._pool.start(partial(self._read, Path(path)))

    def shut_down(self) -> None:
        """Wait for the worker."""
        self._pool.waitForDone()

    def _read(self, path: Path) -> None:
        """Runs in a worker thread: the folder may lie on a slow disk."""
        try:
            crop = read_crop(path)
        except (GvtError, OSError):
            return  # a newer one follows
        self.crop_read.emit(crop)
