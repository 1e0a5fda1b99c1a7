"""The voxels of a TIFF file, read region by region."""

import numpy as np
from tifffile import TiffFile

from gvtstudio.domain.region import Region, Span
from gvtstudio.io.formats.tiff_axes import AxisPlan
from gvtstudio.io.formats.tiff_log import collected_log
from gvtstudio.io.formats.tiff_planes import PageReader


class TiffVoxels:
    """Those of one dataset.

    Args:
        tif: The open file; closed together with its voxels.
        pages: Reads rectangles of its pages.
        plan: Where each plane lies.
    """

    def __init__(self, tif: TiffFile, pages: PageReader, plan: AxisPlan) -> None:
        self._tif = tif
        self._pages = pages
        self._plan = plan

    def fill(self, result: np.ndarray, region: Region) -> None:
        """Read plane by plane; samples of one page are taken from one reading of it."""
        with collected_log():
            read_page, page = -1, np.empty(0)
            for i, t in enumerate(_indices(region.t)):
                for j, z in enumerate(_indices(region.z)):
                    for k, c in enumerate(_indices(region.c)):
                        index, before, after = self._plan.locate(t, z, c)
                        if index != read_page:
                            page = self._pages.read(index, region.y, region.x)
                            read_page = index
                        result[i, j, k] = page[before, :, :, after]

    def close(self) -> None:
        """Free the file."""
        self._pages.close()
        self._tif.close()


def _indices(span: Span) -> range:
    return range(*span)
