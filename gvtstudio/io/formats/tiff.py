"""Opens TIFF in all its forms: plain, ImageJ, OME, BigTIFF, LSM, STK, Micro-Manager."""

from pathlib import Path

import numpy as np
from tifffile import TiffFile

from gvtstudio.domain.errors import FileUnreadable, UsageError
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import unreadable
from gvtstudio.io.formats.tiff_axes import AxisPlan, plan_axes
from gvtstudio.io.formats.tiff_log import LibraryLog, collected_log
from gvtstudio.io.formats.tiff_metadata import describe_tiff, is_rgb
from gvtstudio.io.formats.tiff_planes import PageReader
from gvtstudio.io.formats.tiff_scenes import Scene, list_scenes
from gvtstudio.io.formats.tiff_stack import DAMAGE, TiffStack, damaged


def open_tiff(path: Path, scene: int = 0) -> TiffStack:
    """Open one dataset of a TIFF file.

    Raises:
        FileUnreadable: The file is damaged, truncated, or holds nothing a stack can hold.
        UsageError: There is no such dataset.
    """
    with collected_log() as log:
        try:
            tif = TiffFile(path)
        except DAMAGE as error:
            raise _opening_failure(path, error) from error
        try:
            return _stack(tif, path, scene, log)
        except DAMAGE as error:
            tif.close()
            raise _opening_failure(path, error) from error
        except (FileUnreadable, UsageError):
            tif.close()
            raise


def _opening_failure(path: Path, error: BaseException) -> FileUnreadable:
    if isinstance(error, OSError) and error.errno is not None:
        return unreadable(path, error)
    return damaged(path.name, error)


def _stack(tif: TiffFile, path: Path, number: int, log: LibraryLog) -> TiffStack:
    scenes = list_scenes(tif.series)
    if not scenes:
        raise FileUnreadable(f"{path.name} holds no image.", "Choose another file.")
    if not 0 <= number < len(scenes):
        raise UsageError(
            f"{path.name} has no dataset {number}.", f"Choose one from 0 to {len(scenes) - 1}."
        )
    plan = _plan(scenes[number], path)
    pages = PageReader(scenes[number].series, plan.page_sizes)
    if log.tells_truncation or not pages.is_complete():
        raise damaged(path.name, ValueError("its end is missing"))
    return TiffStack(_info(tif, path, scenes, number, plan, log), tif, pages, plan)


def _plan(scene: Scene, path: Path) -> AxisPlan:
    series = scene.series
    if np.dtype(series.dtype).kind not in "buif":
        raise FileUnreadable(
            f"{path.name} holds {series.dtype} values; only whole and real numbers can be read.",
            "Save the magnitude or the real part as a 32-bit TIFF.",
        )
    axes, sizes = series.get_axes(squeeze=False), series.get_shape(squeeze=False)
    try:
        return plan_axes(axes, sizes, series.keyframe.size, scene.position)
    except FileUnreadable as error:
        raise FileUnreadable(f"{path.name}: {error.message}", error.remedy) from error


def _info(
    tif: TiffFile, path: Path, scenes: list[Scene], number: int, plan: AxisPlan, log: LibraryLog
) -> StackInfo:
    scene = scenes[number]
    described = describe_tiff(tif, scene, plan.shape)
    warnings = plan.warnings + described.warnings
    if log.tells_missing_parts:
        warnings += (
            "Parts of this dataset are missing, perhaps other files of it; they read as 0.",
        )
    return StackInfo(
        path=str(path),
        shape=plan.shape,
        dtype=np.dtype(scene.series.dtype).name,
        channels=described.channels,
        calibration=described.calibration,
        reader="tiff",
        file_axes=scene.series.axes,
        scene=number,
        scene_names=tuple(scene.name for scene in scenes),
        is_rgb=is_rgb(scene, plan.shape),
        significant_bits=described.significant_bits,
        metadata_text=described.text,
        warnings=warnings,
    )
