"""How far the prediction of a volume has come, so that it can be gone on with later.

All that a finished tile leaves behind is its share of the sums, its voxels of the result, and what
is kept of it for later passes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path

import numpy as np

from gvtstudio.imaging.open_volume import whole_box
from gvtstudio.prediction.flow import Flow
from gvtstudio.prediction.kept import Kind, is_kept
from gvtstudio.prediction.passes import plan_passes, work_of


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What need not be done again.

    Args:
        plane: Planes finished, of networks that take a volume a few planes at a time.
        tile: How the work is cut; empty where nothing is done.
        stage: Passes over the tiles that are finished.
        tiles: Tiles finished in the pass at work.
        sums: Those of the barriers so far, by name, float64.
        kept: Steps on scratch disk that outlast the work, by name.
    """

    plane: int = 0
    tile: tuple[int, ...] = ()
    stage: int = 0
    tiles: int = 0
    sums: Mapping[str, np.ndarray] = field(default_factory=dict)
    kept: Mapping[str, Kind] = field(default_factory=dict)


Note = Callable[[Callable[[], Checkpoint]], None]
"""Hears after every tile how to get the checkpoint, and may take it at once or never."""


@dataclass(frozen=True, slots=True)
class Course:
    """How one prediction is accompanied.

    Args:
        report: Called with (voxels done, voxels in all); may raise ``Cancelled``.
        note: Hears of checkpoints; ``None`` where nobody wants to go on later.
        start: What an earlier, interrupted prediction has done.
    """

    report: Callable[[int, int], None]
    note: Note | None = None
    start: Checkpoint = field(default_factory=Checkpoint)


@dataclass(frozen=True, slots=True)
class Watch:
    """How one part of a prediction is accompanied.

    Args:
        report: Called with the share of the part that is done; may raise ``Cancelled``.
        note: Hears of checkpoints.
        start: What is done already.
    """

    report: Callable[[float], None]
    note: Note | None = None
    start: Checkpoint = field(default_factory=Checkpoint)

    def part(self, number: int, count: int) -> "Watch":
        """Of one of so many equal parts, without checkpoints."""
        return Watch(lambda share: self.report((number + share) / count))

    def of_planes(self, first: int, count: int, depth: int) -> "Watch":
        """Of so many planes of a volume, beginning with the first."""
        note = self.note
        return Watch(
            lambda share: self.report((first + share * count) / depth),
            None if note is None else lambda make: note(lambda: replace(make(), plane=first)),
            self.start if self.start.plane == first else Checkpoint(),
        )


def kept_name(step: str) -> str:
    """The scratch file of a step that outlasts the work."""
    return f"kept-{step}"


def kept_is_there(
    flow: Flow, keep: tuple[str, ...], folder: Path | None, checkpoint: Checkpoint
) -> bool:
    """Whether all lies on scratch disk that finished tiles have left behind for later passes.

    Args:
        flow: The network.
        keep: Steps kept between the passes.
        folder: Of the scratch files that outlast the work; ``None`` where none do.
        checkpoint: What is done.
    """
    passes = plan_passes(flow, keep)[: checkpoint.stage + bool(checkpoint.tiles)]
    expected = {name for each in passes for name in each.keeps}
    return expected == set(checkpoint.kept) and all(
        folder is not None and is_kept(folder, kept_name(name), kind)
        for name, kind in checkpoint.kept.items()
    )


def kept_bytes(folder: Path) -> int:
    """What an interrupted prediction has left on the scratch disk, which it will use again."""
    return sum(path.stat().st_size for path in folder.glob(kept_name("*")))


def work_left(flow: Flow, checkpoint: Checkpoint, size: tuple[int, ...]) -> int:
    """Multiplications until the end, where nothing is kept between the passes.

    Args:
        flow: The network.
        checkpoint: What is done.
        size: Of the volume.
    """
    tile = tuple(min(t, n) for t, n in zip(checkpoint.tile, size, strict=True))
    work = work_of(flow, plan_passes(flow, ()), whole_box(tile), size)
    count = prod(size) / prod(tile)
    left = [count] * len(work)
    left[: checkpoint.stage] = [0] * checkpoint.stage
    if checkpoint.stage < len(left):
        left[checkpoint.stage] -= checkpoint.tiles
    return int(sum(each * tiles for each, tiles in zip(work, left, strict=True)))
