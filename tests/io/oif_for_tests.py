"""Small datasets of Olympus FluoView the tests of ``io`` share: a folder, or one file of it."""

import struct

import numpy as np
import tifffile

SECTOR = 512
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def settings(sections, wide=True):
    """Text as FluoView writes it."""
    lines = []
    for title, values in sections.items():
        lines += [f"[{title}]", *(f"{key}={_quoted(value)}" for key, value in values.items())]
    text = "\r\n".join([*lines, ""])
    return b"\xff\xfe" + text.encode("utf-16-le") if wide else text.encode()


def _quoted(value):
    return f'"{value}"' if isinstance(value, str) else value


def lut(blue, green, red):
    """A table that ends in a colour."""
    head = settings({"FileInformation": {"Name": "LUT1"}})
    head += "[ColorLUTData]\r\n".encode("utf-16-le")
    return head + bytes(4 * 255) + bytes([blue, green, red, 0])


def main_settings(**more):
    """The text of a dataset; sections are named with underscores for spaces."""
    sections = {
        "Acquisition Parameters Common": {"Acquisition Device": "FV1000"},
        "Axis 0 Parameters Common": {"AxisCode": "X", "MaxSize": 11, "PixUnit": "um"},
        "Axis 3 Parameters Common": {
            "AxisCode": "Z", "MaxSize": 3, "PixUnit": "nm", "StartPosition": 5000.0,
            "EndPosition": 4200.0, "Interval": 333,
        },
        "Axis 4 Parameters Common": {
            "AxisCode": "T", "MaxSize": 2, "PixUnit": "ms", "StartPosition": 0.0,
            "EndPosition": 2500.0, "Interval": 0,
        },
        "Axis 6 Parameters Common": {
            "AxisCode": "L", "MaxSize": 0, "PixUnit": "nm", "Start Absolute Position": 500,
            "Interval": 20,
        },
        "Axis Parameter Common": {"AxisCount": 3, "AxisOrder": "XYCZT"},
        "Channel 1 Parameters": {
            "CH Name": "CH1", "DyeName": "DAPI", "EmissionWavelength": 461,
            "ExcitationWavelength": 405,
        },
        "Channel 2 Parameters": {
            "CH Name": "TD1", "DyeName": "None", "EmissionWavelength": 0,
            "ExcitationWavelength": 405,
        },
        "Reference Image Parameter": {
            "HeightConvertValue": 0.21, "HeightUnit": "um", "ValidBitCounts": 12,
            "WidthConvertValue": 0.2, "WidthUnit": "um",
        },
    }  # fmt: skip
    for title, values in more.items():
        sections[title.replace("_", " ")] = values
    return sections


def plane_name(**steps):
    """``plane_name(C=1, Z=2)`` is ``s_C001Z002.tif``."""
    return "s_" + "".join(f"{axis}{number:03d}" for axis, number in steps.items()) + ".tif"


def plane_files(array):
    """The planes of (T, Z, C, Y, X) by name."""
    files = {}
    for t, z, c in np.ndindex(*array.shape[:3]):
        steps = {"C": c + 1, "Z": z + 1, "T": t + 1}
        kept = {axis: n for axis, n in steps.items() if array.shape["TZC".index(axis)] > 1}
        files[plane_name(**(kept or {"C": 1}))] = array[t, z, c]
    return files


def write_folder(path, planes, sections=None, *, wide=True, **files):
    """Write an OIF file and its folder; further files by name, ``_`` for the last dot."""
    path.write_bytes(settings(sections or main_settings(), wide))
    folder = path.with_name(f"{path.name}.files")
    folder.mkdir()
    for name, plane in planes.items():
        tifffile.imwrite(folder / name, plane, photometric="minisblack", metadata=None)
    for name, content in files.items():
        (folder / ".".join(name.rsplit("_", 1))).write_bytes(content)
    return path


def pack(oif, path):
    """Make the one OIB file of an OIF file and its folder.

    All streams lie in sectors of their own, one after the other, as the container allows.
    """
    folder = oif.with_name(f"{oif.name}.files")
    names = sorted(file.name for file in folder.iterdir())
    contents = {"MainFileName": "Stream00000", "Stream00000": oif.name}
    contents |= {f"Stream{i:05d}": f"Storage00001/{name}" for i, name in enumerate(names, 1)}
    streams = {"Stream00000": oif.read_bytes()}
    streams |= {f"Stream{i:05d}": (folder / name).read_bytes() for i, name in enumerate(names, 1)}
    streams["OibInfo.txt"] = settings({"OibSaveInfo": contents})
    path.write_bytes(container(streams))
    return path


def container(streams):
    """A compound document with these streams at its root."""
    sectors, table, entries = [], [], []
    for i, (name, content) in enumerate(streams.items(), 1):
        entries.append(
            _entry(name, 2, i + 1 if i < len(streams) else FREE, len(table), len(content))
        )
        _append(sectors, table, content)
    directory = _entry("Root Entry", 5, FREE, END, 0, child=1) + b"".join(entries)
    directory_at = len(table)
    _append(sectors, table, directory)
    count = 1
    while (len(table) + count) * 4 > count * SECTOR:
        count += 1
    fat_at = [len(table) + i for i in range(count)]
    table += [FAT] * count
    table += [FREE] * (count * SECTOR // 4 - len(table))
    head = struct.pack(
        "<8s16sHHHHHHIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6,
        0, 0, 0, count, directory_at, 0, 0, END, 0, END, 0,
    )  # fmt: skip
    head += struct.pack("<109I", *fat_at, *[FREE] * (109 - count))
    return head + b"".join(sectors) + struct.pack(f"<{len(table)}I", *table)


def _append(sectors, table, content):
    padded = content + bytes(-len(content) % SECTOR)
    first = len(table)
    count = len(padded) // SECTOR
    sectors.append(padded)
    table += [first + i + 1 for i in range(count - 1)] + [END] * (count > 0)


def _entry(name, kind, right, start, size, child=FREE):
    encoded = name.encode("utf-16-le")
    return struct.pack(
        "<64sHBBIII16sIQQIQ", encoded, len(encoded) + 2, kind, 1, FREE, right, child, b"", 0, 0, 0,
        start, size,
    )  # fmt: skip
