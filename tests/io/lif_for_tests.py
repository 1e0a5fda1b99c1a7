"""LIF and LOF files for tests, byte by byte as LAS X lays them out."""

import struct
from collections.abc import Mapping
from contextlib import closing
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from gvtstudio.domain.region import Region
from gvtstudio.io.stacks import open_stack

DIMENSIONS = {"X": 1, "Y": 2, "Z": 3, "T": 4, "λ": 5, "A": 6, "Λ": 9, "M": 10}


class Image(NamedTuple):
    """An image to write; its array holds C and then the axes, stored as they lie in memory."""

    name: str
    axes: str
    array: np.ndarray
    bits: int = 0
    tags: tuple[int, ...] = ()
    luts: tuple[str, ...] = ()
    dyes: tuple[str, ...] = ()
    steps: Mapping[str, tuple[float, str]] = MappingProxyType({})
    block: str = ""


def read(path, scene=0):
    with closing(open_stack(path, scene)) as stack:
        return stack.read(Region.whole(stack.info.shape))


def element(image, block, memory=""):
    """XML of one image; its memory is one block unless told otherwise."""
    array = image.array
    kind = int(array.dtype.kind == "f")
    bits = image.bits or array.dtype.itemsize * 8
    channels = "".join(
        f'<ChannelDescription DataType="{kind}" ChannelTag="{(image.tags or (0,) * 9)[c]}" '
        f'Resolution="{bits}" NameOfMeasuredQuantity="" Min="0" Max="1" Unit="" '
        f'LUTName="{(image.luts or ("Gray",) * 9)[c]}" IsLUTInverted="0" '
        f'BytesInc="{array.strides[0] * c}" BitInc="0">'
        + (
            f"<ChannelProperty><Key>DyeName</Key><Value>{image.dyes[c]}</Value></ChannelProperty>"
            if image.dyes
            else ""
        )
        + "</ChannelDescription>"
        for c in range(len(array))
    )
    dimensions = ""
    for i in sorted(range(len(image.axes)), key=lambda i: array.strides[i + 1]):
        step, unit = image.steps.get(image.axes[i], (1e-6, "m"))
        count = array.shape[i + 1]
        dimensions += (
            f'<DimensionDescription DimID="{DIMENSIONS[image.axes[i]]}" '
            f'NumberOfElements="{count}" Origin="5e-7" Length="{step * (count - 1)!r}" '
            f'Unit="{unit}" BitInc="0" BytesInc="{array.strides[i + 1]}" />'
        )
    return (
        f'<Element Name="{image.name}"><Data><Image><ImageDescription><Channels>{channels}'
        f"</Channels><Dimensions>{dimensions}</Dimensions></ImageDescription></Image></Data>"
        + (memory or f'<Memory Size="{array.nbytes}" MemoryBlockID="{block}"/>')
        + "</Element>"
    )


def as_in_memory(array):
    """The bytes of an array, its axes in the order of their strides."""
    return array.transpose(np.argsort(array.strides)[::-1]).tobytes()


def write_lif(path, *images):
    """A project with these images, the second and later ones in a folder."""
    names = [image.block or f"MemBlock_{i}" for i, image in enumerate(images)]
    first, *others = (element(*pair) for pair in zip(images, names, strict=True))
    folder = f'<Element Name="Folder"><Children>{"".join(others)}</Children></Element>'
    text = (
        '<LMSDataContainerHeader Version="2"><Element Name="Project"><Children>'
        f"{first}{folder if others else ''}</Children></Element></LMSDataContainerHeader>"
    )
    content = _text_chunk(text)
    for image, name in zip(images, names, strict=True):
        data, encoded = as_in_memory(image.array), name.encode("utf-16-le")
        head = struct.pack("<IIBQBI", 0x70, 14 + len(encoded), 0x2A, len(data), 0x2A, len(name))
        content += head + encoded + data
    path.write_bytes(content)
    return path


def write_lof(path, image):
    """One image in a file of its own."""
    data = as_in_memory(image.array)
    text = (
        f'<LMSDataContainerHeader Version="2">{element(image, "MemBlock_1")}'
        "</LMSDataContainerHeader>"
    )
    path.write_bytes(
        _text_chunk("LMS_Object_File")
        + struct.pack("<BIBI", 0x2A, 2, 0x2A, 0)
        + struct.pack("<BQ", 0x2A, len(data))
        + data
        + _text_chunk(text)
    )
    return path


def write_xlif(path, image, files, encoding="utf-8"):
    """The description of an image whose voxels lie in other files.

    Args:
        path: To write.
        image: It.
        files: Name, as it is written, with offset and size in bytes of each.
        encoding: Of the text.
    """
    frames = "".join(
        f'<Frame File="{name}" Offset="{offset}" Size="{size}" UUID="u"/>'
        for name, offset, size in files
    )
    memory = f'<Memory Size="{image.array.nbytes}" MemoryBlockID="MemBlock_0">{frames}</Memory>'
    return _write_xml(path, element(image, "", memory), encoding)


def write_xlef(path, references, name="Experiment", kind="Experiment", encoding="utf-8"):
    """An experiment, or with the kind Collection a folder of it, that names other files."""
    children = "".join(f'<Reference File="{reference}" UUID="u"/>' for reference in references)
    text = (
        f'<Element Name="{name}" UniqueID="u"><Data><{kind}/></Data>'
        f"<Children>{children}</Children></Element>"
    )
    return _write_xml(path, text, encoding)


def _write_xml(path, text, encoding):
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>\n'
    root = f'<LMSDataContainerHeader Version="2">{text}</LMSDataContainerHeader>'
    path.write_bytes((head + root).encode(encoding))
    return path


def _text_chunk(text):
    return struct.pack("<IIBI", 0x70, 2 * len(text) + 5, 0x2A, len(text)) + text.encode("utf-16-le")
