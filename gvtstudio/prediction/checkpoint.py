"""How far the prediction of a volume has come, so that it can be gone on with later.

All that a finished tile leaves behind is its share of the sums, its voxels of the result, and what
is kept of it for later passes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from gvtstudio.prediction.kept import Kind


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
