"""A measured volume, possibly with time and channels, read region by region."""

from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.region import Region


class StackInfo(msgspec.Struct, frozen=True):
    """Everything about a stack but its pixels; the answer of an inspect job.

    Args:
        path: The file the stack comes from.
        shape: Sizes along T, Z, C, Y, X.
        dtype: NumPy name of the voxel type: ``uint8``, ``uint16``, ``float32`` …
        channels: One per position along C.
        calibration: Voxel size and time interval.
        reader: Name of the row in ``READERS`` that read it.
        file_axes: The axes as the file stores them.
        scene: Index of the dataset inside the file.
        scene_names: All datasets inside the file.
        is_rgb: A colour picture made for display, not a measurement.
        significant_bits: Bits the camera delivered, where the file says so.
        metadata_text: What the microscope wrote, unparsed (ImageJ Info, OME-XML …).
        warnings: What the user should know about the file, one sentence each.
        axes_assumed: Those of them that say how axes without a name were read; empty where the file
            names all.
        axes: What the user said the planes are, where that was asked.
    """

    path: str
    shape: Shape5
    dtype: str
    channels: tuple[Channel, ...]
    calibration: Calibration
    reader: str = ""
    file_axes: str = ""
    scene: int = 0
    scene_names: tuple[str, ...] = ()
    is_rgb: bool = False
    significant_bits: int | None = None
    metadata_text: str = ""
    warnings: tuple[str, ...] = ()
    axes_assumed: str = ""
    axes: str = ""

    @property
    def name(self) -> str:
        """The file's name, as shown to the user."""
        return Path(self.path).name

    @property
    def voxel_count(self) -> int:
        """Number of voxels of the whole stack."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def byte_count(self) -> int:
        """Uncompressed size in bytes."""
        return self.voxel_count * np.dtype(self.dtype).itemsize


class Stack(Protocol):
    """A stack that is read lazily; closing frees the file."""

    @property
    def info(self) -> StackInfo:
        """Shape, type, channels and calibration."""
        ...

    def read(self, region: Region) -> np.ndarray:
        """The voxels of a region, (T, Z, C, Y, X), in the file's type and native byte order.

        Raises:
            FileUnreadable: The file is damaged or has vanished.
        """
        ...

    def close(self) -> None:
        """Free the file; reading afterwards is an error."""
        ...


def read_volume(stack: Stack, t: int, c: int) -> np.ndarray:
    """The whole volume (Z, Y, X) of one time point and channel.

    Raises:
        FileUnreadable: The file is damaged or has vanished.
    """
    return stack.read(Region.whole(stack.info.shape).only(t=t, c=c))[0, :, 0]


class ArrayStack:
    """A stack held in memory.

    Args:
        array: (T, Z, C, Y, X).
        info: Its description; shape and type must agree with the array.
    """

    def __init__(self, array: np.ndarray, info: StackInfo) -> None:
        if array.shape != info.shape or array.dtype != np.dtype(info.dtype):
            raise ValueError(f"{array.shape} {array.dtype} is not {info.shape} {info.dtype}")
        self._array = array
        self._info = info

    @property
    def info(self) -> StackInfo:
        """Shape, type, channels and calibration."""
        return self._info

    def read(self, region: Region) -> np.ndarray:
        """The voxels of a region, (T, Z, C, Y, X)."""
        return self._array[region.slices]

    def close(self) -> None:
        """Nothing to free."""
