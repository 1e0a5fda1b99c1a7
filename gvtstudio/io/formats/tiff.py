"""Opens TIFF in all its forms: plain, ImageJ, OME, BigTIFF, LSM, STK, Micro-Manager."""

from pathlib import Path

import numpy as np
from tifffile import TiffFile, TiffPageSeries

from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import damaged
from gvtstudio.io.formats.file_stack import DAMAGE, FileStack, is_coarser, opening, refuse_scene
from gvtstudio.io.formats.tiff_axes import AxisPlan, plan_axes
from gvtstudio.io.formats.tiff_log import LibraryLog, collected_log
from gvtstudio.io.formats.tiff_metadata import describe_tiff, is_rgb
from gvtstudio.io.formats.tiff_planes import PageReader, refuse_packing
from gvtstudio.io.formats.tiff_scenes import Scene, list_scenes
from gvtstudio.io.formats.tiff_stack import TiffVoxels


def open_tiff(path: Path, scene: int = 0, level: int = 0) -> FileStack:
    """Open one dataset of a TIFF file.

    Args:
        path: The file.
        scene: Which of its datasets.
        level: 0 is the finest; every further one is coarser.

    Raises:
        FileUnreadable: The file is damaged, truncated, or holds nothing a stack can hold.
        UsageError: There is no such dataset, or level of it.
    """
    with collected_log() as log, opening(path) as opened:
        tif = opened.enter_context(TiffFile(path))
        len(tif.pages)  # goes along the chain of pages once, and so finds one that is a ring
        scenes = list_scenes(tif.series)
        refuse_scene(path, scene, len(scenes))
        refuse_packing(scenes[scene].series.keyframe, path)
        plans = _plans(scenes[scene], path)
        info = _info(tif, path, scenes, scene, plans, log).at_level(level)
        pages = PageReader(scenes[scene].series.levels[level], plans[level].page_sizes)
        if log.tells_truncation or not pages.is_complete():
            raise damaged(path.name, ValueError("its end is missing"))
        voxels = TiffVoxels(tif, pages, plans[level])
        return FileStack(info, voxels.fill, voxels.close)


def _plans(scene: Scene, path: Path) -> list[AxisPlan]:
    """Of the finest level and of those after it, up to one that is no copy of it."""
    levels = scene.series.levels
    plans = [_plan(levels[0], scene, path)]
    for level in levels[1:]:
        try:
            plan = _plan(level, scene, path)
        except (*DAMAGE, FileUnreadable):
            break
        is_same = plan.targets == plans[0].targets and level.dtype == levels[0].dtype
        if not is_same or not is_coarser(plan.shape, plans[0].shape):
            break
        plans.append(plan)
    return plans


def _plan(series: TiffPageSeries, scene: Scene, path: Path) -> AxisPlan:
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
    tif: TiffFile,
    path: Path,
    scenes: list[Scene],
    number: int,
    plans: list[AxisPlan],
    log: LibraryLog,
) -> StackInfo:
    scene, plan = scenes[number], plans[0]
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
        axes_assumed=plan.assumed,
        level_shapes=tuple(coarser.shape for coarser in plans[1:]),
    )
