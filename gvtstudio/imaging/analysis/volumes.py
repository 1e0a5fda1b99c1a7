"""The stacks of an analysis: where they lie beside the first one, and their voxels."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import inf

import numpy as np

from gvtstudio.domain.analysis import (
    AnalyseRequest,
    Analysis,
    AnalysisColumn,
    Box3,
    Curve,
    Point,
)
from gvtstudio.domain.errors import StackUnsuitable, UsageError
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import Stack
from gvtstudio.imaging.panel.geometry import Triple, ViewerVolume, VolumeGeometry, lay_out
from gvtstudio.imaging.suitability import refuse_unsuitable

Tell = Callable[[int, int], None]
"""Hears how many planes of how many have been read; may raise ``Cancelled``."""


def silent(done: int, total: int) -> None:
    """Tell nobody."""


class AnalysedVolumes:
    """One volume of each stack.

    Args:
        request: What is asked of them.
        stacks: As many as in the request, in the same order.
        mask: Image that says where voxels of the first stack count.
        tell: Hears how it goes.

    Raises:
        UsageError: The first stack has no such place.
        StackUnsuitable: A stack holds no intensities, or the mask has another size.
    """

    def __init__(
        self,
        request: AnalyseRequest,
        stacks: Sequence[Stack],
        mask: Stack | None = None,
        tell: Tell = silent,
    ) -> None:
        for stack in stacks:
            refuse_unsuitable(stack.info)
        self.request, self._stacks, self._mask, self._tell = request, stacks, mask, tell
        given = zip(request.stacks, stacks, strict=True)
        self._volumes = tuple(
            ViewerVolume(column.title or stack.info.name, stack.info, column.origin)
            for column, stack in given
        )
        self.geometries: tuple[VolumeGeometry, ...] = lay_out(self._volumes)
        self.notes: list[str] = []
        self._done = 0
        self._refuse_places()
        self.shown = [index for index in range(len(stacks)) if self._is_there(index)]
        self._note_unknown_step()

    def _refuse_places(self) -> None:
        request, info = self.request, self._stacks[0].info
        for what, index, count in (
            ("time point", request.t, info.shape[0]),
            ("channel", request.c, info.shape[2]),
        ):
            if not 0 <= index < count:
                remedy = f"Give one from 1 to {count}." if count > 1 else "It has a single one."
                raise UsageError(f"{info.name} has no {what} {index + 1}.", remedy)
        if request.truth is not None and not 0 <= request.truth < len(self._stacks):
            raise UsageError(
                f"There is no stack {request.truth + 1} to judge by.",
                f"Give one from 1 to {len(self._stacks)}.",
            )
        self._refuse_region()
        sizes = self._sizes(0)
        if self._mask is not None and _depth_and_plane(self._mask) != sizes:
            raise StackUnsuitable(
                f"The mask {self._mask.info.name} and {info.name} have different sizes: "
                f"{_depth_and_plane(self._mask)} and {sizes} along Z, Y, X.",
                "Draw the mask on the first stack.",
            )

    def _refuse_region(self) -> None:
        region, sizes = self.request.region, self._sizes(0)
        if region is None:
            return
        if not all(0 <= a < b <= n for (a, b), n in zip(region, sizes, strict=True)):
            z, y, x = sizes
            raise UsageError(
                f"The region is not inside {self._stacks[0].info.name}.",
                f"It has {z} slices, {y} rows and {x} columns.",
            )

    def _note_unknown_step(self) -> None:
        calibration = self._stacks[0].info.calibration
        if not calibration.is_calibrated:
            self.notes.append("The first stack is not calibrated: lengths are in pixels.")
        elif calibration.z_um is None and self._sizes(0)[0] > 1:
            self.notes.append("The Z step is not known: planes are taken to be a pixel apart.")

    def _is_there(self, index: int) -> bool:
        is_there = self.frame(index) is not None
        if not is_there:
            self.notes.append(f"{self.titles[index]} has no such time point or channel.")
        return is_there

    @property
    def is_calibrated(self) -> bool:
        """Whether lengths are in µm."""
        return self._stacks[0].info.calibration.is_calibrated

    @property
    def unit(self) -> str:
        """Of lengths."""
        return "µm" if self.is_calibrated else "pixels"

    @property
    def unit_um(self) -> float:
        """Length of one unit of the space; 1 where lengths are in pixels."""
        width = self._stacks[0].info.calibration.x_um
        return width if self.is_calibrated and width else 1.0

    @property
    def titles(self) -> tuple[str, ...]:
        """One for each stack, none twice."""
        titles = [volume.title for volume in self._volumes]
        return tuple(
            f"{title} ({titles[: i + 1].count(title)})" if titles.count(title) > 1 else title
            for i, title in enumerate(titles)
        )

    def frame(self, index: int) -> tuple[int, int] | None:
        """Time point and channel of a stack; ``None`` where it has none there."""
        return self.geometries[index].frame_at(self.request.t, self.request.c)

    def voxel_um(self, index: int) -> Triple:
        """Size of a voxel of a stack along Z, Y, X."""
        z, y, x = (size * self.unit_um for size in self.geometries[index].voxel)
        return (z, y, x)

    def place(self, point: Point) -> np.ndarray:
        """Where a point, in voxels of the first stack, lies in the space."""
        return np.asarray((np.asarray(point, float) + 0.5) * np.asarray(self.geometries[0].voxel))

    def voxels_at(self, index: int, places: np.ndarray) -> np.ndarray:
        """Places of the space (…, 3) in voxels of a stack, whole numbers in their middles."""
        box = self.geometries[index]
        return np.asarray((places - np.asarray(box.start)) / np.asarray(box.voxel) - 0.5)

    def box(self, index: int) -> Box3 | None:
        """The voxels of a stack that are measured; ``None`` where none of them is."""
        sizes = self._sizes(index)
        if self.request.region is None:
            first, last = (0.0, 0.0, 0.0), self.geometries[0].extent
        else:
            spans = zip(self.request.region, self.geometries[0].voxel, strict=True)
            ends = [(a * size, b * size) for (a, b), size in spans]
            first = (ends[0][0], ends[1][0], ends[2][0])
            last = (ends[0][1], ends[1][1], ends[2][1])
        box, spans_found = self.geometries[index], []
        for a, b, start, voxel, n in zip(first, last, box.start, box.voxel, sizes, strict=True):
            low = max(0, min(round((a - start) / voxel), n - 1))
            high = min(n, max(round((b - start) / voxel), low + 1))
            if b <= start or a >= start + n * voxel:
                return None
            spans_found.append((low, high))
        z, y, x = spans_found
        return (z, y, x)

    def read(self, index: int, box: Box3) -> np.ndarray:
        """Intensities (Z, Y, X) of a box of a stack, in its own voxels and type.

        Raises:
            FileUnreadable: The file is damaged or has vanished.
        """
        frame = self.frame(index)
        assert frame is not None, "only stacks that are shown are read"
        z, y, x = box
        t, c = frame
        return self._stacks[index].read(Region((t, t + 1), z, (c, c + 1), y, x))[0, :, 0]

    def measured(self, index: int) -> np.ndarray:
        """Intensities of the measured box of a stack, without what is no number.

        Raises:
            StackUnsuitable: Nothing of it is measured, or a voxel is no number.
        """
        box = self.box(index)
        if box is None:
            raise StackUnsuitable(
                f"{self.titles[index]} does not reach to the region.", "Choose another region."
            )
        planes = [plane for _, plane in self.planes(index, box)]
        volume = np.stack(planes)
        if volume.dtype.kind == "f" and not np.isfinite(volume).all():
            raise StackUnsuitable(
                f"{self.titles[index]} has voxels that are no numbers (NaN or infinite).",
                "Replace them first, in Fiji with Process > Noise > Remove NaNs.",
            )
        return volume

    def planes(self, index: int, box: Box3) -> Iterator[tuple[int, np.ndarray]]:
        """The XY planes of a box one after the other, with their number."""
        total = self._planes_in_all()
        for z in range(*box[0]):
            self._tell(min(self._done, total), total)
            self._done += 1
            yield z, self.read(index, ((z, z + 1), box[1], box[2]))[0]

    def mask_of(self, index: int, box: Box3) -> np.ndarray | None:
        """Which voxels of a box count; ``None`` where all do.

        Raises:
            StackUnsuitable: There is a mask, and the stack has other voxels than the first one.
        """
        if self._mask is None:
            return None
        if self.geometries[index].sizes != self.geometries[0].sizes:
            raise StackUnsuitable(
                f"{self.titles[index]} has another size than the mask.",
                "Give a region with --roi, or a stack of the size of the first one.",
            )
        shape = self._mask.info.shape
        t, c = min(self.request.t, shape[0] - 1), min(self.request.c, shape[2] - 1)
        z, y, x = box
        return np.asarray(self._mask.read(Region((t, t + 1), z, (c, c + 1), y, x))[0, :, 0] != 0)

    def answer(
        self,
        columns: Mapping[str, str],
        rows: Mapping[int, Mapping[str, float]],
        curves: Sequence[Curve] = (),
        labels: tuple[str, str] = ("", ""),
        *,
        is_logarithmic: bool = False,
    ) -> Analysis:
        """What was measured, with what is no number told as ``None``.

        Args:
            columns: Name → label with unit.
            rows: Stack → name → number; what is missing cannot be told.
            curves: To plot.
            labels: Of the two axes of the plot.
            is_logarithmic: How they are looked at.
        """
        return Analysis(
            what=self.request.what,
            unit=self.unit,
            titles=self.titles,
            columns=tuple(AnalysisColumn(*column) for column in columns.items()),
            rows=tuple(
                {name: _known(rows.get(index, {}).get(name)) for name in columns}
                for index in range(len(self._stacks))
            ),
            x_label=labels[0],
            y_label=labels[1],
            curves=tuple(curves),
            is_logarithmic=is_logarithmic,
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def _sizes(self, index: int) -> tuple[int, int, int]:
        return self.geometries[index].sizes

    def _planes_in_all(self) -> int:
        boxes = (self.box(index) for index in self.shown)
        return max(1, sum(box[0][1] - box[0][0] for box in boxes if box is not None))


def _depth_and_plane(stack: Stack) -> tuple[int, int, int]:
    _, z, _, y, x = stack.info.shape
    return (z, y, x)


def _known(number: float | None) -> float | None:
    """A message holds no NaN and no infinity."""
    if number is None or number != number or abs(number) == inf:
        return None
    return float(number)
