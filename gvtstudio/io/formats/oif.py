"""Opens what Olympus FluoView writes: OIB, and OIF with its folder; every plane is a small TIFF."""

import re
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tifffile import TiffFile, TiffPage

from gvtstudio.domain.channel import default_channels
from gvtstudio.domain.errors import FileUnreadable
from gvtstudio.domain.region import Span
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import damaged
from gvtstudio.io.formats.file_stack import FileStack, by_planes, opening, refuse_scene
from gvtstudio.io.formats.oif_files import OibFile, OifFiles, OifFolder
from gvtstudio.io.formats.oif_metadata import describe_oif
from gvtstudio.io.formats.oif_recognition import OIB_MAGIC
from gvtstudio.io.formats.tiff_log import collected_log

# s_C001Z002T003.tif; reference pictures, s_C001-R001.tif, are none of the dataset.
_PLANE = re.compile(r"[^_]*_((?:[A-Z]\d+)+)\.tif", re.IGNORECASE)
_STEP = re.compile(r"([A-Z])(\d+)")
_STACK_AXES = "TZCL"
_OTHER_AXES = {"A": "Angle", "P": "Point"}
_MOST_POSITIONS = 1 << 24


class Axes(NamedTuple):
    """What the names of the planes tell.

    Args:
        steps: The numbers of each axis, in order; of T, Z, C and L, for wavelengths.
        planes: The file of each plane by its numbers along these four.
    """

    steps: Mapping[str, tuple[int, ...]]
    planes: Mapping[tuple[int, ...], str]

    @property
    def counts(self) -> tuple[int, int, int]:
        """Lengths of T, Z and C; wavelengths become channels."""
        t, z, c, wavelengths = (len(self.steps[axis]) for axis in _STACK_AXES)
        return t, z, c * wavelengths

    def plane(self, t: int, z: int, c: int) -> str | None:
        """The file of a plane; ``None`` where it is missing."""
        channel, wavelength = divmod(c, len(self.steps["L"]))
        places = zip(_STACK_AXES, (t, z, channel, wavelength), strict=True)
        return self.planes.get(tuple(self.steps[axis][place] for axis, place in places))


def open_oif(path: Path, scene: int = 0) -> FileStack:
    """Open a dataset of FluoView.

    Raises:
        FileUnreadable: The file is damaged, truncated, or its folder is missing.
        UsageError: There is no such dataset.
    """
    with collected_log(), opening(path) as opened:
        with path.open("rb") as file:
            is_oib = file.read(len(OIB_MAGIC)) == OIB_MAGIC
        files: OifFiles = OibFile(path) if is_oib else OifFolder(path)
        opened.callback(files.close)
        scenes = _scenes(files.names())
        refuse_scene(path, scene, len(scenes))
        axes = list(scenes.values())[scene]
        planes = _Planes(files, axes, path)
        described, row_axis = describe_oif(files, axes.steps)
        t, z, c = axes.counts
        shape = (t, z, c, *planes.size)
        info = StackInfo(
            path=str(path),
            shape=shape,
            dtype=planes.dtype.name,
            channels=described.channels or default_channels(c),
            calibration=described.calibration,
            reader="oif",
            file_axes=_file_axes(axes) + row_axis + "X",
            scene=scene,
            scene_names=tuple(scenes),
            significant_bits=described.significant_bits,
            metadata_text=described.text,
            warnings=described.warnings + _missing(axes),
        )
        return FileStack(info, by_planes(planes.read), files.close)


def _scenes(names: list[str]) -> dict[str, Axes]:
    """The planes by dataset: one, or one for each value of the axes that stacks do not have."""
    found: dict[tuple[tuple[str, int], ...], dict[tuple[int, ...], str]] = {}
    for name in sorted(names):
        match = _PLANE.fullmatch(name)
        if match is None:
            continue
        steps = {axis: int(number) for axis, number in _STEP.findall(match[1].upper())}
        others = tuple(sorted((a, n) for a, n in steps.items() if a not in _STACK_AXES))
        place = tuple(steps.get(axis, 1) for axis in _STACK_AXES)
        found.setdefault(others, {})[place] = name
    return {_scene_name(others): _axes(planes) for others, planes in sorted(found.items())}


def _scene_name(others: tuple[tuple[str, int], ...]) -> str:
    words = (f"{_OTHER_AXES.get(axis, axis)} {number}" for axis, number in others)
    return ", ".join(words) or "Image"


def _axes(planes: dict[tuple[int, ...], str]) -> Axes:
    steps = {
        axis: tuple(sorted({place[i] for place in planes})) for i, axis in enumerate(_STACK_AXES)
    }
    if np.prod([len(numbers) for numbers in steps.values()]) > _MOST_POSITIONS:
        raise ValueError("the names of its planes make no sense")
    return Axes(steps, planes)


def _file_axes(axes: Axes) -> str:
    return "".join(axis for axis in "TZLC" if axis == "C" or len(axes.steps[axis]) > 1)


def _missing(axes: Axes) -> tuple[str, ...]:
    expected = int(np.prod(axes.counts))
    if len(axes.planes) == expected:
        return ()
    return (f"{expected - len(axes.planes)} of its {expected} planes are missing; they read as 0.",)


class _Planes:
    """The planes of a dataset, all of the size and type of the first."""

    def __init__(self, files: OifFiles, axes: Axes, path: Path) -> None:
        self._files = files
        self._axes = axes
        self._name = path.name
        first = next(iter(axes.planes.values()))
        with TiffFile(BytesIO(files.read(first))) as tif:
            page = tif.pages.first
            self._refuse(page)
            self.size: tuple[int, int] = (page.shape[0], page.shape[1])
            self.dtype = np.dtype(page.dtype).newbyteorder("=")

    def read(self, place: tuple[int, int, int], rows: Span, columns: Span) -> np.ndarray:
        """Rows and columns of a plane; 0 where it is missing."""
        name = self._axes.plane(*place)
        if name is None:
            return np.zeros((rows[1] - rows[0], columns[1] - columns[0]), self.dtype)
        with collected_log(), TiffFile(BytesIO(self._files.read(name))) as tif:
            page = tif.pages.first
            if page.shape != self.size or page.dtype != self.dtype:
                raise damaged(self._name, f"its plane {name} differs from the first")
            return page.asarray()[slice(*rows), slice(*columns)]

    def _refuse(self, page: TiffPage) -> None:
        if len(page.shape) != 2:
            raise FileUnreadable(
                f"{self._name} holds colour pictures, not measurements.",
                "Save its channels as grey values in FluoView, or as OME-TIFF in Fiji.",
            )
        if page.dtype is None or page.dtype.kind not in "buif":
            raise damaged(self._name, "its planes hold no numbers")
