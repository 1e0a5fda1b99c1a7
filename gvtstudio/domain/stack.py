"""A measured volume, possibly with time and channels, read region by region."""

from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.errors import UsageError
from gvtstudio.domain.reading import Reading
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
        level_shapes: Of the coarser copies in the file, the finest left out; empty where it has
            none.
        level: Which of them this is; 0 is the finest.
        level_scale: Size of a voxel along Z, Y and X in voxels of the finest.
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
    level_shapes: tuple[Shape5, ...] = ()
    level: int = 0
    level_scale: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def name(self) -> str:
        """The file's name, as shown to the user."""
        return Path(self.path).name

    @property
    def reading(self) -> Reading:
        """What the user said of it."""
        return Reading(self.calibration.typed, self.axes)

    @property
    def voxel_count(self) -> int:
        """Number of voxels of the whole stack."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def byte_count(self) -> int:
        """Uncompressed size in bytes."""
        return self.voxel_count * np.dtype(self.dtype).itemsize

    def refuse_level(self, level: int) -> None:
        """Raise where the file has no such copy.

        Raises:
            UsageError: It has none.
        """
        last = len(self.level_shapes)
        if not 0 <= level <= last:
            remedy = f"Choose one from 0, the finest, to {last}." if last else "It has 0 only."
            raise UsageError(f"{self.name} has no level {level}.", remedy)

    def at_level(self, level: int) -> "StackInfo":
        """The description of a coarser copy, which covers the same µm; of the finest by itself.

        Args:
            level: 0 is the finest; every further one is coarser.

        Raises:
            UsageError: The file has no such copy.
        """
        self.refuse_level(level)
        if not level:
            return self
        shape = self.level_shapes[level - 1]
        z, y, x = (self.shape[axis] / shape[axis] for axis in (1, 3, 4))
        scaled = self.calibration.scaled((z, y, x))
        return msgspec.structs.replace(
            self, shape=shape, calibration=scaled, level=level, level_scale=(z, y, x)
        )


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
