"""ND2 files for tests, chunk by chunk as NIS-Elements lays them out (version 2.1, with XML)."""

import struct
import zlib
from contextlib import closing
from itertools import count

import numpy as np

from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import open_stack

MAGIC = 0x0ABECEDA
FILE_NAME = b"ND2 FILE SIGNATURE CHUNK NAME01!"
MAP_NAME = b"ND2 FILEMAP SIGNATURE NAME 0001!"
MAP_END = b"ND2 CHUNK MAP SIGNATURE 0000001!"
LOOPS = {"T": 1, "P": 2, "Z": 4, "U": 7, "N": 8}


def read(path, scene=0):
    with closing(open_stack(path, scene)) as stack:
        return stack.read(Region.whole(stack.info.shape))


def xml(values):
    """Nested dictionaries as NIS-Elements writes them."""
    return f"<variant>{_node('no_name', values)}</variant>".encode()


def _node(name, value):
    if isinstance(value, dict):
        inner = "".join(_node(key, each) for key, each in value.items())
        return f'<{name} runtype="CLxListVariant">{inner}</{name}>'
    kinds = {bool: "bool", int: "lx_int32", float: "double", str: "CLxStringW"}
    return f'<{name} runtype="{kinds[type(value)]}" value="{value}"/>'


def experiment(loops, names=()):
    """Loops, outermost first, such as ``(("T", 3), ("P", 2))``."""
    if not loops:
        return {}
    (axis, places), *inner = loops
    period = {"dStart": 0.0, "dPeriod": 1500.0, "dDuration": 0.0, "dAvgPeriodDiff": 2000.0}
    parameters = {"uiCount": places}
    if axis == "T":
        parameters |= period
    elif axis == "Z":
        parameters |= {"dZStep": 0.25, "dZLow": 0.0, "dZHigh": 1.0, "dZHome": 0.5}
    elif axis == "P":
        points = (names[i] if i < len(names) else "" for i in count())
        parameters["Points"] = {
            f"p{i}": {"dPosX": 1.0, "dPosY": 2.0, "dPosZ": 0.0, "dPosName": next(points)}
            for i in range(places)
        }
    elif axis == "N":
        phases = {"p0": period | {"uiCount": 1}}
        phases["p1"] = period | {"uiCount": places - 1, "dAvgPeriodDiff": 4000.0}
        parameters = {"pPeriod": phases, "pPeriodValid": {"v0": True, "v1": True}}
    found = {"eType": LOOPS[axis], "uLoopPars": parameters}
    if inner:
        found["ppNextLevelEx"] = {"no_name": experiment(inner, names)}
    return found


def spectrum(peak_nm):
    """Three points with one maximum."""
    points = enumerate(((0.1, peak_nm - 50), (1.0, peak_nm), (0.1, peak_nm + 50)))
    return {
        "pPoint": {f"Point{i}": {"dTValue": value, "dWavelength": at} for i, (value, at) in points}
    }


def write_nd2(path, frames, loops=(), samples=1, **options):
    """A file of frames, (N, Y, X, components), or ``None`` where one is missing.

    Args:
        path: The file.
        frames: In the order of the loops.
        loops: As of ``experiment``.
        samples: Components of a channel.
        options: ``names`` of positions, ``packed``, ``padding`` of rows in bytes, ``changes`` of
            the attributes, ``times_ms`` of the frames.
    """
    some = next(frame for frame in frames if frame is not None)
    height, width, components = some.shape
    padding = options.get("padding", 0)
    row = width * components * some.itemsize + padding
    attributes = {
        "uiWidth": width, "uiWidthBytes": row, "uiHeight": height, "uiComp": components,
        "uiBpcInMemory": some.itemsize * 8, "uiBpcSignificant": some.itemsize * 8,
        "uiSequenceCount": len(frames), "eCompression": 0 if options.get("packed") else 2,
    } | options.get("changes", {})  # fmt: skip
    planes = {
        f"a{i}": {
            "sDescription": f"Ch{i}",
            "uiColor": 0x0000FF << 8 * i,
            "uiCompCount": samples,
            "pFluorescentProbe": {
                "m_ExcitationSpectrum": spectrum(488.0),
                "m_EmissionSpectrum": spectrum(525.0),
            },
        }
        for i in range(components // samples)
    }
    metadata = {
        "bCalibrated": True, "dCalibration": 0.13,
        "sPicturePlanes": {"uiCount": len(planes), "sPlaneNew": planes},
    }  # fmt: skip
    chunks = {
        b"ImageAttributes!": xml(attributes),
        b"ImageMetadataSeq|0!": xml(metadata),
        b"ImageTextInfo!": xml({"TextInfoItem_5": "Camera: x"}),
    }
    if loops:
        chunks[b"ImageMetadata!"] = xml(experiment(loops, options.get("names", ())))
    if "times_ms" in options:
        chunks[b"CustomData|AcqTimesCache!"] = np.array(options["times_ms"], "<f8").tobytes()
    for i, frame in enumerate(frames):
        if frame is not None:
            rows = [line.tobytes() + bytes(padding) for line in frame]
            data = b"".join(rows)
            data = zlib.compress(data) if options.get("packed") else data
            chunks[f"ImageDataSeq|{i}!".encode()] = struct.pack("<d", i) + data
    path.write_bytes(_content(chunks))
    return path


def _content(chunks):
    content = struct.pack("<IIQ", MAGIC, 32, 64) + FILE_NAME + b"Ver2.1".ljust(64, b"\0")
    index = b""
    for name, data in chunks.items():
        # NIS-Elements lets pixels begin at a multiple of 4096 bytes
        room = 4096 - 16 - 8 if name.startswith(b"ImageData") else len(name) + 5
        index += name + struct.pack("<QQ", len(content), len(data))
        content += struct.pack("<IIQ", MAGIC, room, len(data)) + name.ljust(room, b"\0") + data
    place = len(content)
    index += MAP_END + struct.pack("<Q", place)
    head = struct.pack("<IIQ", MAGIC, len(MAP_NAME), len(index))
    return content + head + MAP_NAME + index


def frames_of(count_, height=7, width=9, components=1, dtype="uint16"):
    """Frames that differ in every pixel."""
    size = count_ * height * width * components
    values = np.arange(size) * 7 % 251 if np.dtype(dtype).itemsize == 1 else np.arange(size)
    return list(values.astype(dtype).reshape(count_, height, width, components))
