"""A stack in a TIFF file, read region by region."""

import struct
import threading
import zlib

import numpy as np
from tifffile import TiffFile

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.region import Region, Span
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.formats.tiff_axes import AxisPlan
from gvtstudio.io.formats.tiff_log import collected_log
from gvtstudio.io.formats.tiff_planes import PageReader

# Everything the TIFF library and its decoders raise on files that are damaged.
DAMAGE = (
    OSError, ValueError, RuntimeError, LookupError, TypeError, AttributeError, AssertionError,
    ArithmeticError, EOFError, ImportError, struct.error, zlib.error,
)  # fmt: skip


class TiffStack:
    """One dataset of a TIFF file; may be read from several threads.

    Args:
        info: Its description.
        tif: The open file; closed together with the stack.
        pages: Reads rectangles of its pages.
        plan: Where each plane lies.
    """

    def __init__(self, info: StackInfo, tif: TiffFile, pages: PageReader, plan: AxisPlan) -> None:
        self._info = info
        self._tif = tif
        self._pages = pages
        self._plan = plan
        self._lock = threading.Lock()

    @property
    def info(self) -> StackInfo:
        """Shape, type, channels and calibration."""
        return self._info

    def read(self, region: Region) -> np.ndarray:
        """The voxels of a region, (T, Z, C, Y, X), in the file's type and native byte order.

        Raises:
            FileUnreadable: The file is damaged or has vanished.
        """
        if region.clipped(self._info.shape) != region:
            raise ValueError(f"{region.describe()} is not inside {self._info.shape}")
        result = np.empty(region.shape, np.dtype(self._info.dtype))
        if result.size == 0:
            return result
        with self._lock, collected_log():
            try:
                self._fill(result, region)
            except DAMAGE as error:
                raise damaged(self._info.name, error) from error
        return result

    def close(self) -> None:
        """Free the file; reading afterwards is an error."""
        with self._lock:
            self._pages.close()
            self._tif.close()

    def _fill(self, result: np.ndarray, region: Region) -> None:
        """Read plane by plane; samples of one page are taken from one reading of it."""
        read_page, page = -1, np.empty(0)
        for i, t in enumerate(_indices(region.t)):
            for j, z in enumerate(_indices(region.z)):
                for k, c in enumerate(_indices(region.c)):
                    index, before, after = self._plan.locate(t, z, c)
                    if index != read_page:
                        page = self._pages.read(index, region.y, region.x)
                        read_page = index
                    result[i, j, k] = page[before, :, :, after]


def damaged(name: str, error: BaseException) -> FileUnreadable:
    """The sentence for a TIFF that cannot be decoded."""
    reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
    return FileUnreadable(
        f"{name} is damaged or incomplete ({reason}).",
        "Copy it again from its source, or open it in Fiji and save it as TIFF.",
    )


def _indices(span: Span) -> range:
    return range(*span)
