"""The parts of OME-XML the program needs, of any version of the schema."""

from xml.etree import ElementTree

import msgspec

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.io.formats.units import duration_s, length_um

_Sizes = tuple[int, int, int, int, int]


class OmeImage(msgspec.Struct, frozen=True):
    """One ``Image`` element.

    Args:
        name: Of the dataset.
        sizes: SizeT, SizeZ, SizeC, SizeY, SizeX.
        calibration: Voxel size and time interval.
        channels: One per ``Channel`` element; names may be empty.
        significant_bits: Where the file says so.
    """

    name: str
    sizes: _Sizes
    calibration: Calibration
    channels: tuple[Channel, ...]
    significant_bits: int | None


def parse_ome(xml: str) -> list[OmeImage]:
    """Every image described; nothing where the text is not readable as OME-XML."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return []
    return [
        _image(image.get("Name", ""), pixels)
        for image in _children(root, "Image")
        for pixels in _children(image, "Pixels")
    ]


def ome_channel_colour(colour: str | None) -> str:
    """``#rrggbb`` of OME's signed RGBA number, empty where there is none.

    Example:
        >>> ome_channel_colour("16711935"), ome_channel_colour("-16776961")
        ('#00ff00', '#ff0000')
    """
    try:
        number = int(colour or "")
    except ValueError:
        return ""
    return f"#{(number & 0xFFFFFFFF) >> 8:06x}"


def ome_annotation(xml: str, namespace: str) -> dict[str, str]:
    """Content of the annotation of a namespace: pairs of a map, or ``{"": text}`` of a comment."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return {}
    for annotations in _children(root, "StructuredAnnotations"):
        for annotation in annotations:
            if annotation.get("Namespace") == namespace:
                value = next(iter(_children(annotation, "Value")), annotation)
                pairs = {pair.get("K", ""): pair.text or "" for pair in _children(value, "M")}
                return pairs or {"": value.text or ""}
    return {}


def _image(name: str, pixels: ElementTree.Element) -> OmeImage:
    t, z, c, y, x = (_whole(pixels.get(f"Size{axis}")) or 1 for axis in "TZCYX")
    lengths = {axis: _physical_size(pixels, axis) for axis in "ZYX"}
    interval = duration_s(pixels.get("TimeIncrement", ""), pixels.get("TimeIncrementUnit", "s"))
    known = any(value is not None for value in (*lengths.values(), interval))
    return OmeImage(
        name=name,
        sizes=(t, z, c, y, x),
        calibration=Calibration(
            lengths["Z"], lengths["Y"], lengths["X"], interval, "file" if known else "unknown"
        ),
        channels=tuple(_channel(element) for element in _children(pixels, "Channel")),
        significant_bits=_whole(pixels.get("SignificantBits")),
    )


def _physical_size(pixels: ElementTree.Element, axis: str) -> float | None:
    unit = pixels.get(f"PhysicalSize{axis}Unit", "µm")
    return length_um(pixels.get(f"PhysicalSize{axis}", ""), unit)


def _channel(element: ElementTree.Element) -> Channel:
    return Channel(
        name=element.get("Name", ""),
        colour=ome_channel_colour(element.get("Color")),
        emission_wavelength_nm=_wavelength_nm(element, "EmissionWavelength"),
        excitation_wavelength_nm=_wavelength_nm(element, "ExcitationWavelength"),
    )


def _wavelength_nm(element: ElementTree.Element, attribute: str) -> float | None:
    length = length_um(element.get(attribute, ""), element.get(f"{attribute}Unit", "nm"))
    return None if length is None else float(f"{length * 1000:.12g}")


def _children(element: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """Child elements of that name in any namespace: each schema version has its own."""
    return [child for child in element if child.tag.rpartition("}")[2] == name]


def _whole(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None
