"""What a TIFF says about itself, whichever program wrote it."""

from typing import Any

import msgspec
import numpy as np
from tifffile import TiffFile, TiffPage

from gvtstudio.domain.axes import Shape5
from gvtstudio.domain.channel import Channel, default_channels
from gvtstudio.io.formats import imagej_metadata, lsm_metadata, micromanager_metadata, stk_metadata
from gvtstudio.io.formats.described import Described
from gvtstudio.io.formats.ome_xml import OmeImage, ome_annotation, parse_ome
from gvtstudio.io.formats.tiff_scenes import Scene
from gvtstudio.io.provenance_text import PROVENANCE_NAMESPACE, SOURCE_METADATA_NAMESPACE

_RGB, _PALETTE, _MIN_IS_WHITE, _YCBCR = 2, 3, 0, 6
_OTHER_COLOURS = {5: "CMYK", _YCBCR: "YCbCr", 8: "CIELab", 9: "ICCLab", 10: "ITULab"}
# JPEG in its forms, and what Aperio makes of JPEG 2000.
_PICTURE_COMPRESSIONS = {6, 7, 33003, 33007, 34892}
# A palette that is this near to a ramp from black to one colour is one.
_RAMP_TOLERANCE = 0.05 * 65535
_SAMPLE_COLOURS = (("Red", "#ff0000"), ("Green", "#00ff00"), ("Blue", "#0000ff"), ("Alpha", ""))


def describe_tiff(tif: TiffFile, scene: Scene, shape: Shape5) -> Described:
    """Calibration, channels and texts of one dataset.

    Args:
        tif: The open file.
        scene: Dataset in it.
        shape: The dataset's sizes along T, Z, C, Y, X.
    """
    described = _from_its_program(tif, scene, shape)
    channels = described.channels or default_channels(shape[2])
    if is_rgb(scene, shape):
        channels = tuple(Channel(name, colour) for name, colour in _SAMPLE_COLOURS[: shape[2]])
    elif len(channels) != shape[2]:
        channels = default_channels(shape[2])
    named = tuple(
        channel if channel.name else msgspec.structs.replace(channel, name=f"Channel {i + 1}")
        for i, channel in enumerate(channels)
    )
    keyframe = scene.series.keyframe
    if keyframe.photometric == _PALETTE and not any(channel.colour for channel in named):
        colour = _palette_colour(keyframe.colormap)
        named = tuple(msgspec.structs.replace(channel, colour=colour) for channel in named)
    return msgspec.structs.replace(
        described,
        channels=named,
        significant_bits=described.significant_bits or _packed_bits(keyframe),
        warnings=described.warnings + _warnings(keyframe),
    )


def _packed_bits(page: TiffPage) -> int | None:
    """Of whole numbers that are stored without the bits that a type has above them."""
    bits, dtype = page.bitspersample, np.dtype(page.dtype)
    is_one = isinstance(bits, int)  # samples may have different ones, as green in 16-bit colours
    return bits if is_one and dtype.kind == "u" and 0 < bits < 8 * dtype.itemsize else None


def _warnings(page: TiffPage) -> tuple[str, ...]:
    if page.photometric == _MIN_IS_WHITE:
        return ("The file shows high values dark (inverted look-up table); values are kept.",)
    if page.photometric == _PALETTE and not _palette_colour(page.colormap):
        return ("The file shows its values in colours of a table (palette); values are kept.",)
    kind = _OTHER_COLOURS.get(page.photometric, "")
    if kind and not _is_turned_to_rgb(page):
        return (f"The file holds {kind} colours; their parts are shown as channels.",)
    return ()


def _is_turned_to_rgb(page: TiffPage) -> bool:
    """Whether unpacking makes red, green and blue of its colours."""
    return page.photometric == _YCBCR and page.compression in _PICTURE_COMPRESSIONS


def is_rgb(scene: Scene, shape: Shape5) -> bool:
    """Whether the pixels are colours for display: three or four samples in one RGB page."""
    keyframe = scene.series.keyframe
    is_colour = keyframe.photometric == _RGB or _is_turned_to_rgb(keyframe)
    return bool(is_colour and keyframe.samplesperpixel in (3, 4) and shape[2] in (3, 4))


def _from_its_program(tif: TiffFile, scene: Scene, shape: Shape5) -> Described:
    if tif.is_lsm:
        return lsm_metadata.described(tif.lsm_metadata or {}, shape)
    if tif.is_stk:
        return stk_metadata.described(tif.stk_metadata or {})
    if tif.is_ome and scene.series.kind in ("ome", "mmstack"):
        return _from_ome(tif.ome_metadata or "", scene, shape)
    if tif.is_imagej:
        return imagej_metadata.described(tif.imagej_metadata or {}, scene.series.keyframe, shape)
    if tif.is_micromanager:
        return micromanager_metadata.described(tif.micromanager_metadata or {}, shape)
    if tif.shaped_metadata:
        values: dict[str, Any] = dict(tif.shaped_metadata[0])
        return imagej_metadata.described(values, scene.series.keyframe, shape)
    return Described(text=str(scene.series.keyframe.description))


def _from_ome(xml: str, scene: Scene, shape: Shape5) -> Described:
    # A file of ours carries the text of the file it was made from; nesting XML in XML would grow.
    is_ours = bool(ome_annotation(xml, PROVENANCE_NAMESPACE))
    text = ome_annotation(xml, SOURCE_METADATA_NAMESPACE).get("", "" if is_ours else xml)
    image = _ome_image(parse_ome(xml), scene, shape)
    if image is None:
        return Described(text=text)
    return Described(image.calibration, _spread(image, shape), image.significant_bits, text)


def _ome_image(images: list[OmeImage], scene: Scene, shape: Shape5) -> OmeImage | None:
    """The description that belongs to the scene: of its number, name and size.

    The library leaves out images without data, so that the number alone can be off.
    """
    fitting = [image for image in images if image.sizes[3:] == shape[3:]]
    same_number = [image for image in images[scene.number : scene.number + 1] if image in fitting]
    same_name = [image for image in fitting if image.name == scene.series.name]
    return next(iter([*same_number, *same_name, *fitting]), None)


def _spread(image: OmeImage, shape: Shape5) -> tuple[Channel, ...]:
    """One entry per position along C: a channel of several samples counts several times."""
    count = len(image.channels)
    if count in (0, shape[2]) or shape[2] % count:
        return image.channels
    return tuple(channel for channel in image.channels for _ in range(shape[2] // count))


def _palette_colour(palette: np.ndarray | None) -> str:
    """The colour of the brightest value; empty where the others are not darker shades of it."""
    if palette is None:
        return ""
    ramp = np.linspace(0, 1, palette.shape[1]) * palette[:, -1:]
    if np.abs(palette - ramp).max() > _RAMP_TOLERANCE or not palette[:, -1].any():
        return ""
    red, green, blue = (int(value) >> 8 for value in palette[:, -1])
    return f"#{red:02x}{green:02x}{blue:02x}"
