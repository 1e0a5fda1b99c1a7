"""Writes OME-TIFF: the usual voxel types, compressed without loss, BigTIFF when large."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tifffile import TiffWriter

from gvtstudio.domain.axes import STACK_AXES, Shape5
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.io.exports.ngff import is_labels
from gvtstudio.io.exports.options import ExportOptions, planes
from gvtstudio.io.exports.pace import core_count
from gvtstudio.io.exports.zarr_pyramid import halved
from gvtstudio.io.provenance_text import (
    JSON_KEY,
    PROVENANCE_NAMESPACE,
    SOURCE_METADATA_NAMESPACE,
    clean_text,
    provenance_json,
    provenance_pairs,
)

# Offsets have 32 bits in a classic TIFF; the rest is room for its directories.
CLASSIC_LIMIT_BYTES = 2**32 - 2**25
# Photon noise packs to 0.45 of its size at level 1 and to 0.44 at level 6, which takes 6 × as long.
_LEVEL = 1
# Fiji, QuPath and OMERO open planes beyond this much sooner from tiles and coarser levels.
_LARGE = 2048
_SMALLEST_LEVEL = 1024
_TILE = (512, 512)
_BYTES_PER_CORE = 1 << 21


def write(stack: Stack, path: Path, options: ExportOptions) -> None:
    """Write a stack plane by plane.

    Args:
        stack: What to write, of a type of the row in ``EXPORTERS``.
        path: File to make; it may exist and be empty.
        options: Provenance, progress, compression.
    """
    info = stack.info
    factors = coarser_levels(info.shape)
    is_big = info.byte_count * (4 / 3 if factors else 1) > CLASSIC_LIMIT_BYTES
    compression = None if options.compression == "none" else options.compression
    common: dict[str, Any] = {
        "dtype": info.dtype,
        "photometric": "minisblack",
        "compression": compression,
        "compressionargs": None if compression is None else {"level": _LEVEL},
        "tile": _TILE if factors else None,
        # left to itself the library uses half of the cores, and reads 256 MB before it packs
        "maxworkers": core_count(),
        "buffersize": core_count() * _BYTES_PER_CORE,
    }
    with TiffWriter(path, bigtiff=is_big, ome=True) as writer:
        writer.write(
            _pieces(planes(stack, _report_of(0, factors, options)), is_tiled=bool(factors)),
            shape=info.shape,
            subifds=len(factors) or None,
            software=clean_text(options.provenance.program).encode("utf-8"),
            metadata=_metadata(info, options),
            **common,
        )
        for level, factor in enumerate(factors, start=1):
            writer.write(
                _pieces(
                    _coarser_planes(stack, factor, _report_of(level, factors, options)),
                    is_tiled=True,
                ),
                shape=(*info.shape[:3], *(-(-size // factor) for size in info.shape[3:])),
                subfiletype=1,
                metadata=None,
                **common,
            )


def write_plain(stack: Stack, path: Path, options: ExportOptions) -> None:
    """The same, not compressed: for disks that are quicker than the processor packs."""
    write(stack, path, replace(options, compression="none"))


def coarser_levels(shape: Shape5) -> list[int]:
    """By what the coarser levels of a pyramid are smaller; none where planes are small.

    Example:
        >>> coarser_levels((1, 9, 1, 512, 2048)), coarser_levels((1, 9, 1, 5000, 4000))
        ([], [2, 4, 8])
    """
    largest = max(shape[3:])
    if largest <= _LARGE:
        return []
    return [2**k for k in range(1, math.ceil(math.log2(largest / _SMALLEST_LEVEL)) + 1)]


def _coarser_planes(
    stack: Stack, factor: int, report: Callable[[int, int], None]
) -> Iterator[np.ndarray]:
    """Every plane with so many pixels averaged to one along Y and X; of labels one is taken."""
    has_labels = is_labels(stack.info)
    for plane in planes(stack, report):
        level = plane[np.newaxis, np.newaxis, np.newaxis]
        for _ in range(int(math.log2(factor))):
            level = halved(level, (1, 1, 1, 2, 2), is_labels=has_labels)
        yield np.ascontiguousarray(level[0, 0, 0])


def _pieces(whole: Iterator[np.ndarray], *, is_tiled: bool) -> Iterator[np.ndarray]:
    """Planes as the library wants them: whole, or tile by tile; it fills up those at the edges."""
    for plane in whole:
        if not is_tiled:
            yield plane
            continue
        for y in range(0, plane.shape[0], _TILE[0]):
            for x in range(0, plane.shape[1], _TILE[1]):
                yield np.ascontiguousarray(plane[y : y + _TILE[0], x : x + _TILE[1]])


def _report_of(
    level: int, factors: list[int], options: ExportOptions
) -> Callable[[int, int], None]:
    """Progress through one of the levels, which all read the whole stack."""

    def report(done: int, total: int) -> None:
        options.report(level * total + done, (len(factors) + 1) * total)

    return report


def _metadata(info: StackInfo, options: ExportOptions) -> dict[str, Any]:
    provenance = provenance_pairs(options.provenance)
    provenance[JSON_KEY] = provenance_json(options.provenance)
    metadata: dict[str, Any] = {
        "axes": STACK_AXES,
        "Name": clean_text(info.name),
        "Creator": clean_text(options.provenance.program),
        "Channel": _channels(info.channels),
        "MapAnnotation": {"Namespace": PROVENANCE_NAMESPACE, "Value": provenance},
    }
    if info.significant_bits is not None:
        metadata["SignificantBits"] = info.significant_bits
    calibration = info.calibration
    for axis, size in (("X", calibration.x_um), ("Y", calibration.y_um), ("Z", calibration.z_um)):
        if size is not None:
            metadata[f"PhysicalSize{axis}"] = size
            metadata[f"PhysicalSize{axis}Unit"] = "µm"
    if calibration.time_interval_s is not None:
        metadata["TimeIncrement"] = calibration.time_interval_s
        metadata["TimeIncrementUnit"] = "s"
    if info.metadata_text:
        metadata["CommentAnnotation"] = {
            "Namespace": SOURCE_METADATA_NAMESPACE,
            "Value": clean_text(info.metadata_text),
        }
    return metadata


def _channels(channels: tuple[Channel, ...]) -> list[dict[str, Any]]:
    described = []
    for channel in channels:
        attributes: dict[str, Any] = {"Name": clean_text(channel.name)}
        if channel.colour:
            attributes["Color"] = _signed_rgba(channel.colour)
        for name, length in (
            ("EmissionWavelength", channel.emission_wavelength_nm),
            ("ExcitationWavelength", channel.excitation_wavelength_nm),
        ):
            if length is not None:
                attributes[name] = length
                attributes[f"{name}Unit"] = "nm"
        described.append(attributes)
    return described


def _signed_rgba(colour: str) -> int:
    """OME's number for an opaque colour: red, green, blue, alpha as one signed 32-bit integer."""
    number = int(colour.removeprefix("#"), 16) << 8 | 0xFF
    return number - 2**32 if number >= 2**31 else number
