"""The frames of a movie, drawn one by one as the figures of the program are."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from gvtstudio.domain.errors import StackUnsuitable, UsageError
from gvtstudio.domain.figure import scale_bar_from
from gvtstudio.domain.movie import MovieRequest
from gvtstudio.domain.stack import Stack, StackInfo
from gvtstudio.engine.figure import compared, limits_for, panel_columns, panel_view, volume_of
from gvtstudio.imaging.contrast import SAMPLE_SIZE, IntensitySummary, summarise
from gvtstudio.imaging.panel.comparison import Comparison, Position
from gvtstudio.imaging.panel.geometry import ViewerVolume
from gvtstudio.imaging.panel.panel import PanelStyle, ReadPlane, planes_of
from gvtstudio.imaging.panel.render import render_panel
from gvtstudio.imaging.sweep_words import plane_words, time_words
from gvtstudio.io.provenance_file import read_provenance

Report = Callable[[int, int], None]
_SIZES = {"z": ("planes", 1), "t": ("time points", 0)}
_HELD = 3


class MovieFrames:
    """Positions on the way and the pictures there.

    Args:
        request: What is asked.
        stacks: One open stack for each of its columns.
        report: Hears how many planes of a stack are looked at for its limits, of how many.

    Raises:
        StackUnsuitable: There is nothing to go through.
        UsageError: A position or part that there is not, or limits that leave nothing to show.
    """

    def __init__(self, request: MovieRequest, stacks: Sequence[Stack], report: Report) -> None:
        figure = request.figure
        self._request = request
        self._info = stacks[0].info
        self._steps = _steps(request, self._info)
        volumes = tuple(
            volume_of(column, stack, read_provenance(Path(column.path)))
            for column, stack in zip(figure.columns, stacks, strict=True)
        )
        comparison = compared(figure, volumes)
        self._start = comparison.position
        readers = [_held(planes_of(stack)) for stack in stacks]
        positions = [self._position(step) for step in sorted(set(self._steps))]
        looks = _Looks(volumes, readers, positions, report)
        limits = limits_for(figure, comparison, looks.summary)
        self._columns = panel_columns(figure, volumes, readers, limits)
        caption = tuple(figure.caption.splitlines()) if figure.has_caption else ()
        bar_um = scale_bar_from(figure.scale_bar)
        self._style = PanelStyle(figure.scale, figure.background, caption, bar_um)

    @property
    def count(self) -> int:
        """Number of frames."""
        return len(self._steps)

    def draw(self, number: int) -> np.ndarray:
        """A frame, counted from 0, (height, width, 3) uint8.

        Raises:
            UsageError: The picture would be too large.
            FileUnreadable: A plane cannot be read.
        """
        step = self._steps[number]
        view = panel_view(self._request.figure, self._position(step))
        style = replace(self._style, stamp=self._words(step))
        return np.ascontiguousarray(render_panel(self._columns, view, style)[..., :3])

    def _words(self, step: int) -> str:
        if not self._request.has_text:
            return ""
        describe = plane_words if self._request.axis == "z" else time_words
        return describe(self._info, step)

    def _position(self, step: int) -> Position:
        """The voxel of the first stack that a frame shows."""
        if self._request.axis == "z":
            return replace(self._start, z=step)
        return replace(self._start, t=step)


class _Looks:
    """The intensities of all frames: about a million voxels, a few from each plane.

    Args:
        volumes: The stacks.
        readers: Their planes.
        positions: Where the frames are.
        report: Hears how many planes are looked at, of how many.
    """

    def __init__(
        self,
        volumes: tuple[ViewerVolume, ...],
        readers: Sequence[ReadPlane],
        positions: Sequence[Position],
        report: Report,
    ) -> None:
        self._readers = readers
        self._comparisons = [Comparison(volumes, position) for position in positions]
        self._report = report
        self._share = max(1, SAMPLE_SIZE // len(positions))

    def summary(self, index: int) -> IntensitySummary | None:
        """Of one stack; ``None`` where it has nothing on the way."""
        parts = []
        for done, comparison in enumerate(self._comparisons):
            self._report(done, len(self._comparisons))
            wanted = comparison.wanted(index, "XY")
            if wanted is not None:
                plane = self._readers[index]("XY", (wanted.t, wanted.c), wanted.position)
                parts.append(self._some(plane))
        return summarise(np.concatenate(parts)) if parts else None

    def _some(self, plane: np.ndarray) -> np.ndarray:
        """Evenly spaced voxels of a plane."""
        # an odd step does not fall on the same column of every row of an even-sized image
        step = max(1, plane.size // self._share) | 1
        return plane.reshape(-1)[::step].copy()


def _held(read: ReadPlane) -> ReadPlane:
    """The same, with the last planes kept: XZ and YZ do not change on the way through Z."""
    return lru_cache(maxsize=_HELD)(read)


def _steps(request: MovieRequest, info: StackInfo) -> list[int]:
    """Planes or time points in the order of the frames, from 0."""
    what, place = _SIZES[request.axis]
    count = info.shape[place]
    if count < 2:
        other = "t" if request.axis == "z" else "z"
        has_other = info.shape[_SIZES[other][1]] > 1
        raise StackUnsuitable(
            f"{info.name} has one of its {what} only: there is nothing to go through.",
            f"Let the movie go along {other}." if has_other else "Save a figure instead.",
        )
    first, last = request.first, request.last or count
    if not 1 <= first < last <= count:
        raise UsageError(
            f"{info.name} has {what} 1 to {count}; {first} to {last} is no way through them.",
            "Give the first and a later last one, counted from 1.",
        )
    there = list(range(first - 1, last))
    return there + there[-2:0:-1] if request.forth_and_back else there
