"""Stacks in memory, ready to be analysed."""

import numpy as np

from gvtstudio.domain.analysis import AnalysedStack, AnalyseRequest
from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.stack import ArrayStack, StackInfo
from gvtstudio.imaging.analysis.volumes import AnalysedVolumes

SIGMA_UM = 0.4
FWHM_UM = SIGMA_UM * 2.354820045


def array_stack(volume, voxel_um=(0.3, 0.1, 0.1), name="a"):
    """A stack of one volume (Z, Y, X)."""
    array = np.asarray(volume)[None, :, None]
    calibration = Calibration(*voxel_um, source="file") if voxel_um else Calibration()
    info = StackInfo(f"/{name}.tif", array.shape, str(array.dtype), (Channel("c"),), calibration)
    return ArrayStack(array, info)


def analysed(what, *stacks, mask=None, **fields):
    """The volumes of a request."""
    columns = tuple(AnalysedStack(path=stack.info.path) for stack in stacks)
    return AnalysedVolumes(AnalyseRequest(what=what, stacks=columns, **fields), stacks, mask)


def bead(shape, voxel_um, centre_um=(3.0, 3.0, 3.0), sigma_um=SIGMA_UM):
    """A round Gaussian of height 1000 on 100, sampled at the middles of voxels."""
    axes = [(np.arange(n) + 0.5) * size for n, size in zip(shape, voxel_um, strict=True)]
    squares = [((a - c) / sigma_um) ** 2 for a, c in zip(axes, centre_um, strict=True)]
    z, y, x = np.ix_(*squares)
    return 100 + 1000 * np.exp(-(z + y + x) / 2)
