"""What the network makes of one crop, kept after each validation, so that one can see it learn."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from gvtstudio.domain.calibration import Calibration
from gvtstudio.domain.channel import Channel
from gvtstudio.domain.region import Region
from gvtstudio.domain.stack import StackInfo
from gvtstudio.io.failures import unwritable
from gvtstudio.io.scratch_stack import ScratchStack

MOST_KEPT = 50


class Previews:
    """Scratch stacks ``step-<n>.gvtscratch``, a channel for each image, read like any stack.

    Args:
        folder: Where they lie.
        calibration: Of the crop.
    """

    def __init__(self, folder: Path, calibration: Calibration) -> None:
        self._folder = folder
        self._calibration = calibration

    def begin(self, step: int) -> None:
        """Keep those up to a step, for a training that goes on from there; -1 keeps none."""
        for path in self.paths():
            if _step_of(path) > step:
                _remove(path)

    def paths(self) -> list[Path]:
        """All that are kept, in the order of their steps."""
        return sorted(self._folder.glob("step-*.gvtscratch"))

    def add(self, step: int, images: Mapping[str, np.ndarray]) -> Path:
        """Keep the images of a step.

        Args:
            step: Of the training.
            images: Name of the channel → (Z, Y, X), all of one size, normalised.

        Raises:
            OutputUnwritable: The folder cannot be written.
        """
        volumes = np.stack([image.astype(np.float32) for image in images.values()], axis=1)[None]
        t, z, c, y, x = volumes.shape
        channels = tuple(Channel(name) for name in images)
        info = StackInfo("", (t, z, c, y, x), "float32", channels, self._calibration)
        name = f"step-{step:08d}.gvtscratch"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(self._folder, error) from error
        with ScratchStack(info, self._folder, name) as stack:
            stack.put_region(Region.whole(info.shape), volumes)
        self._thin()
        return self._folder / name

    def _thin(self) -> None:
        """Leave out every second one when there are too many, but never the last."""
        paths = self.paths()
        if len(paths) > MOST_KEPT:
            for path in paths[1:-1:2]:
                _remove(path)


def _step_of(path: Path) -> int:
    digits = path.stem.removeprefix("step-")
    return int(digits) if digits.isdecimal() else 0


def _remove(path: Path) -> None:
    with suppress(OSError):  # somebody looks at it; it is overwritten or removed later
        path.unlink(missing_ok=True)
