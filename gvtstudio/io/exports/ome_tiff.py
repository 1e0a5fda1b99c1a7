"""Writes OME-TIFF: the usual voxel types, compressed without loss, BigTIFF when large."""

from pathlib import Path
from typing import Any

from tifffile import TiffWriter

from gvtstudio.domain.axes import STACK_AXES
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.io.exports.options import ExportOptions, planes
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


def write(stack: Stack, path: Path, options: ExportOptions) -> None:
    """Write a stack plane by plane.

    Args:
        stack: What to write, of a type of the row in ``EXPORTERS``.
        path: File to make; it may exist and be empty.
        options: Provenance, progress, compression.
    """
    info = stack.info
    is_big = info.byte_count > CLASSIC_LIMIT_BYTES
    compression = None if options.compression == "none" else options.compression
    with TiffWriter(path, bigtiff=is_big, ome=True) as writer:
        writer.write(
            planes(stack, options.report),
            shape=info.shape,
            dtype=info.dtype,
            photometric="minisblack",
            compression=compression,
            compressionargs=None if compression is None else {"level": _LEVEL},
            software=clean_text(options.provenance.program).encode("utf-8"),
            metadata=_metadata(info, options),
        )


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
