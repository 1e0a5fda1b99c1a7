"""What the XML of a CZI tells: voxel size, channels, interval, names of scenes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple
from xml.etree import ElementTree

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.io.formats.described import from_file
from gvtstudio.io.formats.units import duration_s, length_um

_NO_SHEAR = {"", "None"}
# ZEN counts on with names like this one where the user gave a dye no name.
_ANY_CHANNEL = "Channel:"


class CziMetadata(NamedTuple):
    """Metadata of a whole file.

    Args:
        calibration: Voxel size and time interval.
        channels: By index along C; with empty names where the file names none.
        significant_bits: Bits the detector delivered.
        scene_names: By index along S.
        is_airyscan_raw: Whether phases are the elements of an Airyscan detector.
        warnings: What the user should know.
    """

    calibration: Calibration = Calibration()
    channels: tuple[Channel, ...] = ()
    significant_bits: int | None = None
    scene_names: Mapping[int, str] = MappingProxyType({})
    is_airyscan_raw: bool = False
    warnings: tuple[str, ...] = ()

    def with_interval(self, interval_s: float | None) -> "CziMetadata":
        """The same with a time between time points that was found elsewhere."""
        size = self.calibration
        return self._replace(calibration=from_file(size.z_um, size.y_um, size.x_um, interval_s))


def parse_czi_metadata(xml: str) -> CziMetadata:
    """Everything the program needs of the XML; little where it is damaged."""
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        return CziMetadata(
            warnings=(
                "The metadata of the file are missing or damaged; its voxel size is not known.",
            )
        )
    image = root.find("./Metadata/Information/Image")
    image = ElementTree.Element("Image") if image is None else image
    elements = image.findall("./Dimensions/Channels/Channel")
    shown = root.findall("./Metadata/DisplaySetting/Channels/Channel")
    kinds = {element.findtext("ChannelType", "") for element in elements}
    return CziMetadata(
        _calibration(root, image),
        tuple(_channel(element, shown) for element in elements),
        _whole(image.findtext("ComponentBitCount")),
        _scene_names(image),
        any(kind.startswith("AiryScanRaw") for kind in kinds),
        _warnings(image),
    )


def _calibration(root: ElementTree.Element, image: ElementTree.Element) -> Calibration:
    sizes = {
        item.get("Id"): length_um(item.findtext("Value", ""), "m")
        for item in root.findall("./Metadata/Scaling/Items/Distance")
    }
    interval_s = _interval_s(image)
    return from_file(sizes.get("Z"), sizes.get("Y"), sizes.get("X"), interval_s)


def _interval_s(image: ElementTree.Element) -> float | None:
    """Mean time between time points: told as such, or as the time of each."""
    positions = image.find("./Dimensions/T/Positions")
    if positions is None:
        return None
    told = duration_s(positions.findtext("./Interval/Increment", ""), "s")
    if told is not None:
        return told
    try:
        offsets = [float(word) for word in positions.findtext("./List/Offsets", "").split()]
    except ValueError:
        return None
    if len(offsets) < 2:
        return None
    return duration_s((offsets[-1] - offsets[0]) / (len(offsets) - 1), "s")


def _channel(element: ElementTree.Element, shown: list[ElementTree.Element]) -> Channel:
    display = next((item for item in shown if item.get("Id") == element.get("Id")), element)
    name = element.get("Name") or element.findtext("Fluor") or display.get("Name") or ""
    return Channel(
        name="" if name.startswith(_ANY_CHANNEL) else name,
        colour=_colour(display.findtext("Color")) or _colour(element.findtext("Color")),
        emission_wavelength_nm=_wavelength_nm(element.findtext("EmissionWavelength")),
        excitation_wavelength_nm=_wavelength_nm(element.findtext("ExcitationWavelength")),
    )


def _colour(text: str | None) -> str:
    """``#rrggbb`` of ``#AARRGGBB`` or ``#RRGGBB``."""
    digits = (text or "").lstrip("#").lower()
    if len(digits) not in (6, 8) or any(digit not in "0123456789abcdef" for digit in digits):
        return ""
    return f"#{digits[-6:]}"


def _wavelength_nm(text: str | None) -> float | None:
    length = length_um(text or "", "nm")
    return None if length is None else float(f"{length * 1000:.9g}")


def _scene_names(image: ElementTree.Element) -> dict[int, str]:
    names = {}
    for element in image.findall("./Dimensions/S/Scenes/Scene"):
        index, name = _whole(element.get("Index")), element.get("Name", "")
        if index is not None and name:
            names[index] = name
    return names


def _warnings(image: ElementTree.Element) -> tuple[str, ...]:
    if image.findtext("./Dimensions/Z/ZAxisShear", "") in _NO_SHEAR:
        return ()
    return (
        "The planes lie slantwise, as the light sheet took them; deskew the stack in ZEN before "
        "you measure in it.",
    )


def _whole(text: str | None) -> int | None:
    try:
        return int(text or "")
    except ValueError:
        return None
