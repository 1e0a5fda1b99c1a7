"""Formats of microscopes and of neighbouring fields that are known, but not read.

Bio-Formats reads nearly all of them, and converts them once and for all.
"""

from pathlib import Path
from typing import NamedTuple

from gvtstudio.domain.errors import FileUnreadable


class OtherFormat(NamedTuple):
    """A format that is not read.

    Args:
        title: Whose it is, with its article.
        endings: Of names, lower case.
        magic: What such files hold at a place; empty where the name alone tells.
        place: Of that, in bytes.
    """

    title: str
    endings: tuple[str, ...]
    magic: bytes = b""
    place: int = 0


OTHER_FORMATS = (
    OtherFormat("an Olympus OIR file", (".oir",), b"OLYMPUSRAWFORMAT"),
    OtherFormat("a file of Olympus cellSens", (".vsi",)),
    OtherFormat("a part of an Olympus cellSens file", (".ets",), b"SIS\0"),
    OtherFormat("a Zeiss AxioVision file", (".zvi",)),
    OtherFormat("a Leica LEI file", (".lei",)),
    OtherFormat("a file of Volocity", (".mvd2", ".aiix", ".acff")),
    OtherFormat("a file of SlideBook", (".sld", ".sldy", ".spl")),
    OtherFormat("a list of MetaMorph files", (".nd",), b'"NDInfoFile"'),
    OtherFormat("a file of Imspector", (".obf", ".msr"), b"OMAS_BF\n"),
    OtherFormat("a file of SimplePCI", (".cxd",)),
    OtherFormat("a file of Image-Pro", (".ipw", ".seq")),
    OtherFormat("an Openlab LIFF file", (".liff",)),
    OtherFormat("a Bio-Rad PIC file", (".pic",)),
    OtherFormat("an ICS file", (".ics", ".ids"), b"ics_version", 2),
    OtherFormat("an Andor SIF file", (".sif",), b"Andor Technology Multi-Channel File"),
    OtherFormat("a Princeton SPE file", (".spe",)),
    OtherFormat("a PicoQuant lifetime recording", (".ptu",), b"PQTTTR"),
    OtherFormat("a Becker & Hickl lifetime recording", (".sdt",)),
    OtherFormat("a Gatan file", (".dm3", ".dm4")),
    OtherFormat("a file of FEI TIA", (".ser", ".emi")),
    OtherFormat("a slide of 3DHISTECH", (".mrxs",)),
    OtherFormat("a slide of Hamamatsu", (".vms", ".vmu")),
    OtherFormat("an IN Cell list of images", (".xdce",)),
    OtherFormat("a KLB file", (".klb",)),
    OtherFormat("a DICOM file", (".dcm", ".dicom"), b"DICM", 128),
    OtherFormat("an NRRD file", (".nrrd", ".nhdr"), b"NRRD000"),
    OtherFormat("a MetaImage file", (".mha", ".mhd"), b"ObjectType"),
    OtherFormat("a FITS file", (".fits", ".fit"), b"SIMPLE  ="),
)

# Their bytes are those of a container that others use too: a TIFF that is only an overview of the
# image in a folder beside it, and the compound documents that FluoView writes as well.
_IN_CONTAINERS = (".vsi", ".zvi", ".cxd", ".ipw")


def refuse_other_format(path: Path, first_bytes: bytes, *, is_read: bool) -> None:
    """Raise where a file is known to be of another program.

    Args:
        path: The file.
        first_bytes: Of it; they count more than its name.
        is_read: Whether there is a reader for its bytes.

    Raises:
        FileUnreadable: It is of such a format; the remedy is to convert it.
    """
    ending = path.suffix.lower()
    by_bytes = (f for f in OTHER_FORMATS if f.magic and f.magic == _at(first_bytes, f))
    by_name = (f for f in OTHER_FORMATS if ending in f.endings)
    found = next(by_bytes, None)
    if found is None and (not is_read or ending in _IN_CONTAINERS):
        found = next(by_name, None)
    if found is not None:
        raise FileUnreadable(
            f"{path.name} is {found.title}, which this version cannot read yet.",
            "Open it in Fiji (Bio-Formats) and save it as OME-TIFF, or convert it: "
            "bfconvert INPUT OUTPUT.ome.tif.",
        )


def _at(first_bytes: bytes, other: OtherFormat) -> bytes:
    return first_bytes[other.place : other.place + len(other.magic)]
