"""Writes ImageJ hyperstacks, which Fiji opens with channels, slices, frames and voxel size."""

from pathlib import Path
from typing import Any

import numpy as np
from tifffile import TiffWriter

from gvtstudio.domain.axes import STACK_AXES
from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import StackUnsuitable
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.imaging.contrast import summarise
from gvtstudio.io.exports.options import ExportOptions, planes
from gvtstudio.io.provenance_text import clean_text, info_with_provenance

# From here on ImageJ wants one directory and all planes behind it, as it writes them itself.
ONE_DIRECTORY_FROM_BYTES = 2**32 - 2**25


def write(stack: Stack, path: Path, options: ExportOptions) -> None:
    """Write a stack plane by plane.

    Args:
        stack: What to write, of a type of the row in ``EXPORTERS``.
        path: File to make; it may exist and be empty.
        options: Provenance and progress; ImageJ itself reads no compressed hyperstacks.

    Raises:
        StackUnsuitable: The stack is one pixel wide.
    """
    info = stack.info
    if info.shape[4] == 1:
        # The TIFF library would take the columns of such a file for rows.
        raise StackUnsuitable(
            f"{info.name} is one pixel wide, which ImageJ files cannot hold here.",
            "Export it as OME-TIFF.",
        )
    calibration = info.calibration
    resolution = None
    if calibration.x_um is not None and calibration.y_um is not None:
        resolution = (1 / calibration.x_um, 1 / calibration.y_um)
    with TiffWriter(path, imagej=True) as writer:
        writer.write(
            planes(stack, options.report),
            shape=info.shape,
            dtype=info.dtype,
            photometric="minisblack",
            resolution=resolution,
            software=clean_text(options.provenance.program).encode("utf-8"),
            metadata={**_metadata(info, options), **_ranges(stack)},
            truncate=info.byte_count > ONE_DIRECTORY_FROM_BYTES,
        )


def _metadata(info: StackInfo, options: ExportOptions) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "axes": STACK_AXES,
        "Info": info_with_provenance(info.metadata_text, options.provenance),
    }
    calibration = info.calibration
    if calibration.is_calibrated:
        metadata["unit"] = "um"
    if calibration.z_um is not None:
        metadata["spacing"] = calibration.z_um
        if not calibration.is_calibrated:
            metadata["zunit"] = "um"
    if calibration.time_interval_s is not None:
        metadata["finterval"] = calibration.time_interval_s
    if info.channels != default_channels(info.shape[2]):
        metadata |= _display(info)
    return metadata


def _ranges(stack: Stack) -> dict[str, Any]:
    """From where to where each channel is shown: the contrast of its middle plane."""
    times, planes_count, channels = stack.info.shape[:3]
    middle = Region.whole(stack.info.shape).only(t=times // 2, z=planes_count // 2)
    limits = [summarise(stack.read(middle.only(c=c))).auto for c in range(channels)]
    return {
        "Ranges": tuple(value for each in limits for value in (each.low, each.high)),
        "min": limits[0].low,
        "max": limits[0].high,
    }


def _display(info: StackInfo) -> dict[str, Any]:
    """Names of the channels at every plane, and their colours."""
    names = [clean_text(channel.name) for channel in info.channels]
    display: dict[str, Any] = {"Labels": names * (info.shape[0] * info.shape[1])}
    if any(channel.colour for channel in info.channels):
        display["LUTs"] = [_ramp(channel.colour or "#ffffff") for channel in info.channels]
        display["mode"] = "composite" if info.shape[2] > 1 else "color"
    return display


def _ramp(colour: str) -> np.ndarray:
    """Look-up table (3, 256) from black to the colour."""
    digits = colour.removeprefix("#")
    brightest = np.array([int(digits[i : i + 2], 16) for i in (0, 2, 4)])
    steps = np.arange(256)[np.newaxis] * brightest[:, np.newaxis] / 255
    ramp: np.ndarray = np.rint(steps).astype(np.uint8)
    return ramp
