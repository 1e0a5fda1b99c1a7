"""The voxels of a stack whose planes are TIFF files of their own."""

from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.region import Region
from gvtstudio.domain.specs import load_callable
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.io.formats import READERS
from gvtstudio.io.formats.sequence_names import Place

_OPEN_FILES = 32


class PlaneFiles:
    """Reads planes, each from its file; those without a file are 0.

    Args:
        files: The file of each plane. The samples of an RGB file are channels.
        first: Description of one of them: all have its size and type.
    """

    def __init__(self, files: Mapping[Place, Path], first: StackInfo) -> None:
        self._files = files
        self._first = first
        self._opened: OrderedDict[Path, Stack] = OrderedDict()

    def fill(self, result: np.ndarray, region: Region) -> None:
        """Read file by file."""
        samples = self._first.shape[2]
        for i, t in enumerate(range(*region.t)):
            for j, z in enumerate(range(*region.z)):
                for k, c in enumerate(range(*region.c)):
                    path = self._files.get((t, z, c // samples))
                    if path is None:
                        result[i, j, k] = 0
                        continue
                    at = c % samples
                    part = region.within(t=(0, 1), z=(0, 1), c=(at, at + 1))
                    result[i, j, k] = self._open(path).read(part)[0, 0, 0]

    def close(self) -> None:
        """Free the files."""
        while self._opened:
            self._opened.popitem()[1].close()

    def _open(self, path: Path) -> Stack:
        """A file that is open already, or one that takes the place of the one longest unused."""
        if path in self._opened:
            self._opened.move_to_end(path)
            return self._opened[path]
        stack = stack_of_file(path)
        if (stack.info.shape, stack.info.dtype) != (self._first.shape, self._first.dtype):
            stack.close()
            raise FileUnreadable(
                f"{path.name} differs in size or type from {self._first.name}; they are no planes "
                "of one stack.",
                "Take it out of the folder, or open the files singly.",
            )
        self._opened[path] = stack
        if len(self._opened) > _OPEN_FILES:
            self._opened.popitem(last=False)[1].close()
        return stack


def stack_of_file(path: Path, scene: int = 0) -> Stack:
    """Open a TIFF file as the table does: readers do not know one another.

    Raises:
        FileUnreadable: It is damaged.
        UsageError: There is no such dataset.
    """
    stack: Stack = load_callable(READERS["tiff"].open)(path, scene)
    return stack


def first_plane(path: Path) -> StackInfo:
    """Describe the file of one plane.

    Raises:
        FileUnreadable: It is damaged, or holds more than a plane.
    """
    stack = stack_of_file(path)
    stack.close()
    times, slices, channels = stack.info.shape[:3]
    if times > 1 or slices > 1 or (channels > 1 and not stack.info.is_rgb):
        raise FileUnreadable(
            f"{path.name} holds more than one plane, others of its folder do not.",
            "Open the files singly.",
        )
    return stack.info


def missing_warning(missing: int) -> tuple[str, ...]:
    """The sentence for planes without a file."""
    if not missing:
        return ()
    planes = "1 plane has" if missing == 1 else f"{missing} planes have"
    return (f"{planes} no file in the folder, and read as 0.",)
